"""Names that cost a board nothing: MicroPython has them in its own read-only memory.

Every other name that a board has seen takes memory for good: its text, and a place in a table
which doubles at 620 names. What has a meaning in one file only may be called anything, so it gets
these names (tools/shorten.py, tools/bundle.py). They are of MicroPython's modules math, errno,
uctypes, framebuf, socket and the like, as both its Unix port and the official images for the ESP32
have them; an image without one only pays for it. None is a name that the firmware uses, or that
MicroPython itself looks up in an object.
"""

_WORDS = (
    "aw cb dt sz tb wb EIO GS8 INT PTR aes doc erf exc exp inf md5 nan ps1 ps2 tan tau AUTO "
    "GZIP INT8 Lock Loop UINT VOID ZLIB acos asin atan ceil cosh dump erfc fabs fmod log2 mem8 "
    "mkfs modf poly rect sha1 sinh tanh bind coro imag peek sgen sort sqrt ARRAY EBADF EPERM "
    "INT16 INT32 INT64 MVLSB SHORT UINT8 ULONG acosh asinh atanh deque expm1 floor frexp gamma "
    "hline isinf isnan ldexp log10 mem16 mem32 polar rmdir trunc vline atan2 cmath heapq ipoll "
    "BFINT8 BF_LEN BF_POS EEXIST EISDIR ENODEV ENOENT ENOMEM NATIVE RingIO Signal UINT16 UINT32 "
    "UINT64 USHORT VfsFat delete lgamma mktime scroll sizeof unpack FileIO aclose center cipher "
    "gather getter hashes invert listen lstrip modify ph_key poller rindex sendto setter "
    "BFINT16 BFINT32 BFUINT8 ENOBUFS FLOAT32 FLOAT64 IOQueue POLLERR POLLHUP ellipse encrypt "
    "heapify heappop isclose popleft statvfs time_ns uniform BytesIO abs_tol backlog "
    "closure deflate deleter discard hexlify indices islower isspace isupper keyfile out_buf "
    "popitem radians randint rel_tol sendall uctypes AF_INET6 BFUINT16 BFUINT32 EALREADY "
    "ENOTCONN GS2_HMSB GS4_HMSB LONGLONG LockType MSG_PEEK SOCK_RAW bytes_at calcsize copysign "
    "cur_task heappush isfinite libc_ver mem_info schedule sleep_us ticks_us NoneType certfile "
    "exc_type framebuf getvalue ilistdir issubset makefile peername platform readline recvfrom "
    "runq_len CERT_NONE DeflateIO ETIMEDOUT MONO_HLSB MONO_HMSB MONO_VLSB TaskQueue ULONGLONG "
    "addressof byteorder errorcode factorial fill_rect get_ident isenabled localtime opt_level "
    "pack_into qstr_info randrange stack_use ticks_cpu unhexlify websocket cert_reqs cryptolib "
    "dict_view main_task readlines waitq_len BIG_ENDIAN EADDRINUSE EOPNOTSUPP SOL_SOCKET "
    "appendleft namedtuple soft_reset isdisjoint issuperset pend_throw settimeout "
    "unregister EINPROGRESS FrameBuffer OrderedDict SOCK_STREAM get_ciphers run_forever "
    "set_ciphers unpack_from wait_for_ms wrap_socket queue_write server_side ECONNABORTED "
    "ECONNREFUSED EHOSTUNREACH FrameBuffer1 MSG_DONTWAIT SO_BROADCAST SO_REUSEADDR version_info "
    "bound_method bytearray_at do_handshake intersection CERT_OPTIONAL LITTLE_ENDIAN "
    "time_pulse_us stream_awrite wait_io_event get_event_loop get_extra_info new_event_loop "
    "MBEDTLS_VERSION load_cert_chain IP_ADD_MEMBERSHIP return_exceptions SingletonGenerator "
    "run_until_complete PROTOCOL_TLS_SERVER intersection_update PROTOCOL_DTLS_CLIENT "
    "PROTOCOL_DTLS_SERVER symmetric_difference get_exception_handler set_exception_handler "
    "call_exception_handler do_handshake_on_connect default_exception_handler"
)
NAMES = tuple(_WORDS.split())
"""The shortest first."""
