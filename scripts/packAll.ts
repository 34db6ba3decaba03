import { packPackages } from './packPackages.ts';

// `pnpm pack:all`: builds and packs the five packages; says where the tarballs lie.
for (const [name, file] of Object.entries(packPackages())) console.log(`${name}: ${file}`);
