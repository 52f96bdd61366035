//! Plugins, good ones and hostile ones. They are made of WebAssembly text here, so that no guest
//! toolchain is needed; plugins of real code are built and asked by the end-to-end tests.

mod answers;
mod bodies;
mod hostile;
mod loading;
mod support;
mod tested;
