//! What a ClientHello says that the library does not: supported versions, extension order.
