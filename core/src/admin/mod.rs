//! The running relay's own interfaces: the control socket in `data_dir`, and HTTP for metrics and
//! health.
