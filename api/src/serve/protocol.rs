//! HTTP as it is spoken here, with every limit that its libraries have.

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::ApiOptions;
use crate::edge::Http2Options;

/// Most that is kept of what a connection sends and nobody has taken yet. Hyper's own 400 kB, times two thousand clients that
/// send bodies and stall, is too much.
const CONNECTION_BYTES_MAX: usize = 64 * 1024;

/// Both protocols, ready to serve connections.
pub struct Protocols {
    pub http1: http1::Builder,
    pub http2: http2::Builder<TokioExecutor>,
    pub http2_options: Http2Options,
}

impl Protocols {
    pub fn new(options: &ApiOptions) -> Self {
        Self {
            http1: http1(options),
            http2: http2(options.edge.http2),
            http2_options: options.edge.http2,
        }
    }
}

fn http1(options: &ApiOptions) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        // Their number has hyper's own limit of 100, which costs nothing; another would be allocated for each request.
        .max_header_size(options.header_bytes_max)
        .max_buf_size(CONNECTION_BYTES_MAX);
    http
}

fn http2(options: Http2Options) -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(options.streams_at_once_max)
        .max_header_list_size(options.header_list_bytes_max)
        .max_pending_accept_reset_streams(options.resets_pending_max)
        .max_local_error_reset_streams(options.resets_pending_max)
        .adaptive_window(false)
        .initial_stream_window_size(options.stream_window_bytes)
        .initial_connection_window_size(options.connection_window_bytes)
        .max_send_buf_size(options.send_buffer_bytes)
        .keep_alive_interval(options.ping_every)
        .keep_alive_timeout(options.ping_timeout);
    http
}
