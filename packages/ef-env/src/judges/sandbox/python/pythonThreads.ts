/**
 * Python for the image: there are no threads, so each runs to its end when it is started. What would wait for another
 * one without a limit raises, since nobody could wake it.
 */
export const PYTHON_THREADS = `
import _thread, concurrent.futures, threading

def start(self):
    if not self._initialized:
        raise RuntimeError('thread.__init__() not called')
    if self._started.is_set():
        raise RuntimeError('threads can only be started once')
    self._set_ident()
    self._started.set()
    outer = threading._active.get(self._ident)
    threading._active[self._ident] = self
    try:
        self.run()
    except BaseException:
        self._invoke_excepthook(self)
    finally:
        threading._active[self._ident] = outer
        self._ended = True

def join(self, timeout=None):
    if not self._started.is_set():
        raise RuntimeError('cannot join thread before it is started')
    if self is threading.current_thread():
        raise RuntimeError('cannot join current thread')

def is_alive(self):
    return self._started.is_set() and not hasattr(self, '_ended')

def wait(self, timeout=None):
    if timeout is None:
        raise RuntimeError('this waits for another thread: here each runs to its end in start()')
    return wait_for_time(self, timeout)

wait_for_time = threading.Condition.wait
threading.Condition.wait = wait
threading.Thread.start, threading.Thread.join, threading.Thread.is_alive = start, join, is_alive

def start_new_thread(function, args, kwargs={}):
    threading.Thread(target=function, args=args, kwargs=kwargs).start()
    return threading.get_ident()

_thread.start_new_thread = start_new_thread

class ThreadPoolExecutor(concurrent.futures.Executor):
    def __init__(self, max_workers=None, thread_name_prefix='', initializer=None, initargs=()):
        if max_workers is not None and max_workers <= 0:
            raise ValueError('max_workers must be greater than 0')
        if initializer is not None:
            initializer(*initargs)
        self._shut = False
    def submit(self, fn, /, *args, **kwargs):
        if self._shut:
            raise RuntimeError('cannot schedule new futures after shutdown')
        future = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future
    def shutdown(self, wait=True, *, cancel_futures=False):
        self._shut = True

concurrent.futures.ThreadPoolExecutor = ThreadPoolExecutor
`;
