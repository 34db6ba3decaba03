"""Qwen3 in PyTorch: transformers' own, and the smallest-overhead model we could write."""
import math
import torch
import torch.nn.functional as F


def hf_config(s, attention="sdpa", **more):
    from transformers import Qwen3Config
    config = Qwen3Config(
        vocab_size=s["vocab"], hidden_size=s["hidden"], intermediate_size=s["intermediate"], num_hidden_layers=s["layers"],
        num_attention_heads=s["heads"], num_key_value_heads=s["kvHeads"], head_dim=s["headDim"], tie_word_embeddings=True,
        max_position_embeddings=4096, rms_norm_eps=1e-6, **more)
    config._attn_implementation = attention
    return config


def hf_model(s, attention="sdpa", **more):
    from transformers import Qwen3ForCausalLM
    return Qwen3ForCausalLM(hf_config(s, attention, **more))


def toy_tokenizer(vocab):
    """A word-level tokenizer, so that TRL runs without any download."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    words = {"<pad>": 0, "<eos>": 1, "<unk>": 2}
    words.update({"w%d" % i: i for i in range(3, vocab)})
    t = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=t, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left")


class MinimalQwen3:
    """Fused qkv, fused gate+up, SDPA, tied head: kernels and little else."""

    def __init__(s, sh, dtype=torch.float32, seed=0, lora_r=0, lora_dtype=torch.float32):
        g = torch.Generator(torch.get_default_device()).manual_seed(seed)
        s.sh, s.eps = sh, 1e-6
        h, nh, nkv, hd, ff, V = (sh[k] for k in ("hidden", "heads", "kvHeads", "headDim", "intermediate", "vocab"))
        s.qk_rows = (nh + nkv) * hd
        s.scale = 1 / math.sqrt(hd)
        train = lora_r == 0

        def w(*dim):
            return (torch.empty(*dim).normal_(0, 0.02, generator=g)).to(dtype).requires_grad_(train)

        def one(n):
            return torch.ones(n, dtype=dtype, requires_grad=train)

        s.emb = w(V, h)
        s.fin = one(h)
        s.layers = []
        for _ in range(sh["layers"]):
            p = dict(n1=one(h), n2=one(h), qn=one(hd), kn=one(hd), qkv=w((nh + 2 * nkv) * hd, h),
                     o=w(h, nh * hd), gu=w(2 * ff, h), down=w(h, ff))
            if lora_r:
                for name in ("qkv", "o", "gu", "down"):
                    out_f, in_f = p[name].shape
                    # fused projections carry one adapter pair per fused part (r each), as PEFT would
                    parts = {"qkv": 3, "gu": 2}.get(name, 1)
                    p[name + "_a"] = torch.empty(parts * lora_r, in_f, dtype=lora_dtype).normal_(0, 0.02, generator=g).requires_grad_()
                    sizes = {"qkv": (nh * hd, nkv * hd, nkv * hd), "gu": (ff, ff)}.get(name, (out_f,))
                    p[name + "_b"] = [torch.zeros(o, lora_r, dtype=lora_dtype, requires_grad=True) for o in sizes]
            s.layers.append(p)
        s.r = lora_r
        pos = torch.arange(4096, dtype=torch.float32)
        inv = 1e6 ** (-torch.arange(0, hd, 2, dtype=torch.float32) / hd)
        ang = pos[:, None] * inv[None]
        s.cos = torch.cat([ang.cos(), ang.cos()], -1)
        s.sin = torch.cat([-ang.sin(), ang.sin()], -1)  # sign folded in: rot(x) = x*cos + swap(x)*sin
        s.cos, s.sin = s.cos.to(dtype), s.sin.to(dtype)

    def params(s):
        out = [] if s.r else [s.emb, s.fin]
        for p in s.layers:
            for k, v in p.items():
                if s.r and "_" not in k:
                    continue
                out += v if isinstance(v, list) else [v]
        return out

    def lin(s, x, p, name):
        y = F.linear(x, p[name])
        if s.r:
            a, bs = p[name + "_a"], p[name + "_b"]
            z = F.linear(x.to(a.dtype), a)
            zs = z.split(s.r, -1)
            d = [F.linear(zi, b) for zi, b in zip(zs, bs)]
            y = y + (d[0] if len(d) == 1 else torch.cat(d, -1)).to(y.dtype) * 2.0
        return y

    def qkv(s, x, p, cos, sin):
        """-> q [B,nh,T,hd], k, v [B,nkv,T,hd] with head norms and rotation applied to q and k."""
        sh = s.sh
        nh, nkv, hd = sh["heads"], sh["kvHeads"], sh["headDim"]
        B, T = x.shape[:2]
        y = s.lin(F.rms_norm(x, (sh["hidden"],), p["n1"], s.eps), p, "qkv")
        q, k, v = y.view(B, T, nh + 2 * nkv, hd).split((nh, nkv, nkv), 2)
        q = F.rms_norm(q, (hd,), p["qn"], s.eps)
        k = F.rms_norm(k, (hd,), p["kn"], s.eps)
        qk = torch.cat([q, k], 2)
        a, b = qk.chunk(2, -1)
        qk = qk * cos + torch.cat([b, a], -1) * sin
        q, k = qk.split((nh, nkv), 2)
        return q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)

    def mlp(s, x, p):
        g, u = s.lin(F.rms_norm(x, (s.sh["hidden"],), p["n2"], s.eps), p, "gu").chunk(2, -1)
        return x + s.lin(F.silu(g) * u, p, "down")

    def hidden(s, ids):
        B, T = ids.shape
        x = F.embedding(ids, s.emb)
        cos, sin = s.cos[:T, None], s.sin[:T, None]
        for p in s.layers:
            q, k, v = s.qkv(x, p, cos, sin)
            o = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
            x = x + s.lin(o.transpose(1, 2).reshape(B, T, -1), p, "o")
            x = s.mlp(x, p)
        return F.rms_norm(x, (s.sh["hidden"],), s.fin, s.eps)

    def loss(s, ids, labels):
        logits = F.linear(s.hidden(ids), s.emb)
        return F.cross_entropy(logits.view(-1, s.sh["vocab"]).float(), labels.view(-1))

    # ---- sampling -------------------------------------------------------------------------------
    def new_cache(s, B, n):
        nkv, hd = s.sh["kvHeads"], s.sh["headDim"]
        return [(torch.zeros(B, nkv, n, hd, dtype=s.emb.dtype), torch.zeros(B, nkv, n, hd, dtype=s.emb.dtype)) for _ in s.layers]

    def step(s, ids, cache, pos):
        """ids [B,t] at positions pos..pos+t-1 -> logits of the last one."""
        B, T = ids.shape
        x = F.embedding(ids, s.emb)
        cos, sin = s.cos[pos:pos + T, None], s.sin[pos:pos + T, None]
        for p, (K, V) in zip(s.layers, cache):
            q, k, v = s.qkv(x, p, cos, sin)
            K[:, :, pos:pos + T] = k
            V[:, :, pos:pos + T] = v
            o = F.scaled_dot_product_attention(q, K[:, :, :pos + T], V[:, :, :pos + T], is_causal=T > 1, enable_gqa=True)
            x = x + s.lin(o.transpose(1, 2).reshape(B, T, -1), p, "o")
            x = s.mlp(x, p)
        return F.linear(F.rms_norm(x[:, -1], (s.sh["hidden"],), s.fin, s.eps), s.emb)

    @torch.no_grad()
    def generate(s, ids, new, temperature=1.0, step=None):
        B, T = ids.shape
        cache = s.new_cache(B, T + new)
        out = torch.empty(B, new, dtype=torch.long)
        cur, pos = ids, 0
        for i in range(new):
            logits = s.step(cur, cache, pos).float()
            pos += cur.shape[1]
            # exponential race: same law as softmax sampling, one pass, no cumulative sum
            pr = torch.softmax(logits / temperature, -1)
            cur = (pr / torch.empty_like(pr).exponential_()).argmax(-1, keepdim=True)
            out[:, i] = cur[:, 0]
        return out
