//! Marks this build of the runtime's sources as the one for shuttle (see `runtime/src/sync`).
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cfg=manyhart_shuttle");
}
