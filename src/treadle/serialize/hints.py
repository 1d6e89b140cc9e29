"""What to do about the kinds of objects that never travel to another process.

A type is found by its name or that of any of its bases, so that no library is imported to recognise
its objects and a subclass gets the advice of its base.
"""

from __future__ import annotations

_LOCK = (
    "Locks live in one process; make it inside the task, or keep it in a variable of a module that "
    "the task imports: every process then has its own."
)
_THREAD = "Threads live in one process; start it inside the task, or send the data it works on."
_QUEUE = "Queues of threads live in one process; send the items as a list, or return them."
_EXECUTOR = (
    "Pools and their futures belong to the process that made them; make the pool inside the task, "
    "or send the future's result()."
)
_MULTIPROCESSING = (
    "It is shared with the processes that a program starts itself and with no others; make it "
    "inside the task, or send plain data."
)
_GENERATOR = "Generators cannot be sent half way; send list(...) of it, or make it inside the task."
_COROUTINE = "Coroutines belong to their event loop; call it inside the task with asyncio.run()."
_ASYNCIO = (
    "Event loops, and the futures and tasks on them, live in one process; await the result first, "
    "or use asyncio.run() inside the task."
)
_ITERATOR = "This iterator keeps its place in one process; send list(...) of it instead."
_FILE = "Open files belong to one process; send the path and open it inside the task."
_SOCKET = "Connections belong to one process; send the address and connect inside the task."
_DATABASE = (
    "Database connections belong to one process; send the path or address and connect inside the "
    "task."
)
_LOGGING = (
    "Log handlers hold a lock and an open stream; use logging.getLogger(name) inside the task: "
    "loggers travel by name, handlers do not."
)
_FRAME = "Frames and tracebacks hold a running program; send traceback.format_exception(error)."
_WEAKREF = "Weak references are addresses in one process; send the object itself: ref()."
_CONTEXT = (
    "Context variables belong to one process; send the value: variable.get(), and set it inside "
    "the task."
)
_MMAP = (
    "Memory maps belong to one process; send the file's path and map it inside the task, or send "
    "bytes(...) of it."
)
_POINTER = "Addresses mean nothing in another process; send the values they point to."
_LIBRARY = "Loaded libraries belong to one process; send the name and load it inside the task."
_PROCESS = "The handle of a child process belongs to its parent; start it inside the task."
_SELECTOR = "It watches the open files of one process; make it inside the task."
_DIRECTORY = "Directory listings belong to one process; send the path: entry.path."
_HDF5 = (
    "HDF5 and netCDF handles belong to one process; send the path and the variable's name, and "
    "open it inside the task."
)
_DATASET = "The open dataset belongs to one process; send its path and open it inside the task."
_CLIENT = "The client holds sockets and locks; make it inside the task from plain settings."
_WINDOW = "Windows and interpreters of Tk belong to one process; send plain values."
_STREAM = "The state of a running compression or hash stays in one process; send bytes."
_MATCH = "A regular expression's match cannot be sent; send what it found: m.group(), m.groups()."
_VIEW = "This memoryview cannot be sent as it is; send bytes(view) or a NumPy array."

_HINTS = {
    "_thread.lock": _LOCK,
    "_thread.RLock": _LOCK,
    "threading._RLock": _LOCK,
    "threading.Condition": _LOCK,
    "threading.Event": _LOCK,
    "threading.Semaphore": _LOCK,
    "threading.Barrier": _LOCK,
    "threading.Thread": _THREAD,
    "_thread._local": _THREAD,
    "_thread._localdummy": _THREAD,
    "queue.Queue": _QUEUE,
    "_queue.SimpleQueue": _QUEUE,
    "concurrent.futures._base.Executor": _EXECUTOR,
    "concurrent.futures._base.Future": _EXECUTOR,
    "multiprocessing.pool.Pool": _EXECUTOR,
    "multiprocessing.process.BaseProcess": _MULTIPROCESSING,
    "multiprocessing.synchronize.SemLock": _MULTIPROCESSING,
    "multiprocessing.synchronize.Condition": _MULTIPROCESSING,
    "multiprocessing.synchronize.Event": _MULTIPROCESSING,
    "multiprocessing.queues.Queue": _MULTIPROCESSING,
    "multiprocessing.queues.SimpleQueue": _MULTIPROCESSING,
    "multiprocessing.connection._ConnectionBase": _MULTIPROCESSING,
    "multiprocessing.sharedctypes.SynchronizedBase": _MULTIPROCESSING,
    "generator": _GENERATOR,
    "async_generator": _GENERATOR,
    "coroutine": _COROUTINE,
    "coroutine_wrapper": _COROUTINE,
    "asyncio.events.AbstractEventLoop": _ASYNCIO,
    "asyncio.events.Handle": _ASYNCIO,
    "_asyncio.Future": _ASYNCIO,
    "_asyncio.Task": _ASYNCIO,
    "asyncio.futures.Future": _ASYNCIO,
    "asyncio.streams.StreamWriter": _ASYNCIO,
    "_csv.reader": _ITERATOR,
    "_csv.writer": _FILE,
    "itertools._tee": _ITERATOR,
    "_io.TextIOWrapper": _FILE,
    "_io.BufferedReader": _FILE,
    "_io.BufferedWriter": _FILE,
    "_io.BufferedRandom": _FILE,
    "_io.FileIO": _FILE,
    "tempfile._TemporaryFileWrapper": _FILE,
    "tempfile.SpooledTemporaryFile": _FILE,
    "zipfile.ZipFile": _FILE,
    "tarfile.TarFile": _FILE,
    "_socket.socket": _SOCKET,
    "_ssl._SSLContext": _SOCKET,
    "_ssl._SSLSocket": _SOCKET,
    "http.client.HTTPConnection": _SOCKET,
    "sqlite3.Connection": _DATABASE,
    "sqlite3.Cursor": _DATABASE,
    "sqlite3.Row": _DATABASE,
    "sqlalchemy.engine.base.Engine": _DATABASE,
    "sqlalchemy.engine.base.Connection": _DATABASE,
    "sqlalchemy.orm.session.Session": _DATABASE,
    "logging.Handler": _LOGGING,
    "frame": _FRAME,
    "traceback": _FRAME,
    "weakref.ReferenceType": _WEAKREF,
    "weakref.ProxyType": _WEAKREF,
    "weakref.WeakKeyDictionary": _WEAKREF,
    "weakref.WeakValueDictionary": _WEAKREF,
    "_contextvars.Token": _CONTEXT,
    "_contextvars.Context": _CONTEXT,
    "_contextvars.ContextVar": _CONTEXT,
    "mmap.mmap": _MMAP,
    "_ctypes._Pointer": _POINTER,
    "_ctypes.CFuncPtr": _POINTER,
    "ctypes.c_void_p": _POINTER,
    "ctypes.c_char_p": _POINTER,
    "PyCapsule": _POINTER,
    "ctypes.CDLL": _LIBRARY,
    "subprocess.Popen": _PROCESS,
    "select.epoll": _SELECTOR,
    "select.poll": _SELECTOR,
    "selectors.BaseSelector": _SELECTOR,
    "posix.DirEntry": _DIRECTORY,
    "nt.DirEntry": _DIRECTORY,
    "posix.ScandirIterator": _DIRECTORY,
    "nt.ScandirIterator": _DIRECTORY,
    "h5py._hl.base.HLObject": _HDF5,
    "netCDF4._netCDF4.Dataset": _HDF5,
    "netCDF4._netCDF4.Variable": _HDF5,
    "tables.file.File": _HDF5,
    "pandas.io.pytables.HDFStore": _HDF5,
    "rasterio._base.DatasetBase": _DATASET,
    "osgeo.gdal.Dataset": _DATASET,
    "botocore.client.BaseClient": _CLIENT,
    "pymongo.mongo_client.MongoClient": _CLIENT,
    "grpc._channel.Channel": _CLIENT,
    "_tkinter.tkapp": _WINDOW,
    "tkinter.Misc": _WINDOW,
    "tkinter.Variable": _WINDOW,
    "zlib.Compress": _STREAM,
    "zlib.Decompress": _STREAM,
    "_bz2.BZ2Compressor": _STREAM,
    "_lzma.LZMACompressor": _STREAM,
    "_hashlib.HASH": _STREAM,
    "_blake2.blake2b": _STREAM,
    "re.Match": _MATCH,
    "memoryview": _VIEW,
}


def hint_for(obj: object) -> str | None:
    """Say what to do instead of sending `obj`; None for kinds of objects that can be sent.

    Examples
    --------
    >>> import threading
    >>> hint_for(threading.Lock())[:26]
    'Locks live in one process;'
    >>> hint_for(3) is None
    True
    """
    for cls in type(obj).__mro__:
        hint = _HINTS.get(_name(cls))
        if hint is not None:
            return hint
    return None


def _name(cls: type) -> str:
    module = cls.__module__
    return cls.__qualname__ if module == "builtins" else f"{module}.{cls.__qualname__}"
