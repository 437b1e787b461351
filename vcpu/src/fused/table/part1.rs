//! @generated, see above.
#![allow(unsafe_code)] // Handlers: see `op`.

#[allow(unused_imports, clippy::wildcard_imports, reason = "any part may have a step of any room")]
use crate::exec::{alu::*, flow::*, mem::*, zb::*};

crate::fused::pairs! {
    Ri<Add, 2, 3> => Store<Sd, 6, 2>;
    Ri<Add, 2, 4> => Ri<First, 1, 3> Ri<Second, 1, 4> Ri<Second, 3, 4> Load<Ld, 1, 2> Store<Sd, 1, 4>
        Branch<Eq, 1, 4> Branch<Ne, 1, 3> Branch<Ne, 1, 7> GotoFar;
    Ri<Add, 2, 5> => Rr<Add, 2, 2, 1> Ri<Add, 1, 1> Ri<Add, 3, 5> Store<Sd, 2, 1>;
    Ri<Add, 2, 6> => Ri<Add, 3, 6> Ri<Sll, 1, 1> Ri<First, 3, 4> Ri<Second, 3, 4> GotoFar;
    Ri<Add, 3, 0> => Branch<Eq, 2, 4> GotoFar;
    Ri<Add, 3, 1> => Ri<First, 7, 4> Store<Sw, 3, 2> Store<Sd, 4, 3> Branch<Eq, 1, 2>;
    Ri<Add, 3, 3> => Rr<Add, 1, 1, 3> Rr<Add, 8, 4, 3> Rr<And, 2, 2, 3> Rr<Or, 1, 1, 8> Rr<Or, 2, 2, 8>
        Rr<Sltu, 1, 4, 1> Ri<Add, 1, 1> Ri<Add, 2, 2> Ri<Add, 7, 7> Ri<Add, 8, 6> Ri<Add, 8, 8> Ri<Sll, 1, 1>
        Ri<Sll, 2, 2> Ri<Sll, 8, 8> Ri<Addw, 2, 2> Ri<Sllw, 2, 1> Ri<Srlw, 1, 2> Ri<First, 0, 4> Ri<First, 7, 4>
        Ri<First, 7, 8> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Constant<2> Constant<4> Constant<8> Load<Lw, 3, 3> Load<Ld, 1, 3> Load<Ld, 1, 4>
        Load<Ld, 7, 3> Store<Sw, 2, 3> Store<Sw, 2, 8> Store<Sd, 1, 3> Branch<Eq, 1, 4> Branch<Eq, 3, 4>
        Branch<Ne, 1, 4> Branch<Ne, 2, 4> Branch<Ge, 0, 4> GotoFar;
    Ri<Add, 3, 4> => Rr<Add, 2, 2, 6> Ri<First, 8, 4> Ri<Second, 2, 4> Ri<Second, 8, 4> Store<Sd, 1, 8>
        Store<Sd, 2, 3> Branch<Eq, 1, 3> GotoFar;
    Ri<Add, 3, 5> => Ri<Add, 2, 5> Ri<Add, 8, 5> Ri<Second, 8, 4>;
    Ri<Add, 3, 6> => Rr<Add, 3, 3, 1> Ri<Add, 7, 6> Ri<Add, 8, 6> Ri<First, 0, 4> Ri<First, 7, 4> Ri<First, 8, 4>
        Ri<Second, 8, 4> Constant<8>;
    Ri<Add, 4, 0> => Rr<Add, 4, 4, 4> Ri<Add, 4, 0> Ri<First, 0, 4> Ri<First, 4, 0> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Store<Sd, 5, 4> Store<Sd, 5, 6> Branch<Lt, 4, 4> GotoFar;
    Ri<Add, 4, 1> => Ri<Second, 4, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 1> Branch<Eq, 4, 4> Branch<Ne, 1, 4>
        Branch<Ne, 4, 1> Branch<Ne, 4, 4> GotoFar;
    Ri<Add, 4, 2> => Rr<Add, 4, 4, 4> Ri<Second, 4, 4> Branch<Ne, 3, 4> Branch<Ne, 4, 2> GotoFar;
    Ri<Add, 4, 4> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Add, 4, 4, 2> Rr<Add, 4, 4, 4> Rr<Sub, 2, 2, 4>
        Rr<Sub, 4, 4, 4> Rr<Addw, 4, 4, 0> Ri<Add, 0, 0> Ri<Add, 1, 1> Ri<Add, 2, 1> Ri<Add, 2, 2> Ri<Add, 3, 3>
        Ri<Add, 4, 1> Ri<Add, 4, 4> Ri<Add, 4, 6> Ri<Add, 6, 6> Ri<Add, 7, 7> Ri<And, 1, 1> Ri<And, 1, 4>
        Ri<And, 4, 4> Ri<Sll, 1, 1> Ri<Sll, 1, 8> Ri<Sll, 2, 2> Ri<Sll, 4, 4> Ri<Sll, 8, 1> Ri<Sltu, 4, 4>
        Ri<Addw, 1, 1> Ri<Addw, 1, 4> Ri<Addw, 2, 4> Ri<Addw, 4, 4> Ri<Sllw, 1, 2> Ri<First, 0, 4> Ri<First, 0, 6>
        Ri<First, 1, 4> Ri<First, 2, 4> Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 4, 7> Ri<First, 7, 4>
        Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 6, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<0> Constant<2> Constant<4> Constant<8>
        Load<Lw, 4, 4> Load<Ld, 0, 4> Load<Ld, 1, 0> Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 2, 4> Load<Ld, 4, 4>
        Load<Ld, 7, 4> Load<Ld, 8, 4> Load<Lbu, 2, 4> Load<Lbu, 7, 4> Store<Sb, 2, 1> Store<Sb, 4, 4>
        Store<Sw, 4, 1> Store<Sd, 4, 1> Store<Sd, 4, 4> Store<Sd, 5, 4> Store<Sd, 6, 1> Store<Sd, 6, 4>
        Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 4> Branch<Eq, 3, 4> Branch<Eq, 4, 1> Branch<Eq, 4, 4>
        Branch<Ne, 0, 4> Branch<Ne, 1, 4> Branch<Ne, 2, 4> Branch<Ne, 4, 1> Branch<Ne, 4, 4> Branch<Ne, 6, 4>
        Branch<Ne, 7, 4> Branch<Lt, 1, 4> Branch<Lt, 4, 1> Branch<Lt, 4, 4> Branch<Ge, 1, 4> Branch<Ge, 4, 1>
        Branch<Ge, 4, 4> Branch<Ltu, 1, 4> Branch<Ltu, 4, 1> Branch<Ltu, 4, 2> Branch<Ltu, 4, 4> Branch<Geu, 1, 4>
        Branch<Geu, 2, 1> Branch<Geu, 4, 1> Branch<Geu, 4, 4> Call<4, 1> GotoFar;
    Ri<Add, 4, 5> => Ri<Add, 2, 5> Ri<Add, 4, 4> Ri<Add, 4, 5> Ri<First, 0, 4> Ri<First, 1, 4> Ri<First, 4, 4>
        Ri<First, 7, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Store<Sd, 5, 4> GotoFar;
    Ri<Add, 4, 6> => Rr<Add, 2, 2, 6> Rr<Add, 4, 4, 4> Rr<Or, 1, 1, 2> Ri<Add, 1, 6> Ri<Add, 4, 4> Ri<Add, 4, 6>
        Ri<First, 0, 4> Ri<First, 1, 4> Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 7, 4> Ri<First, 8, 0>
        Ri<First, 8, 1> Ri<First, 8, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<4>
        Load<Ld, 1, 4> Store<Sd, 5, 4> Store<Sd, 6, 4> GotoFar;
    Ri<Add, 5, 5> => Ri<Addw, 1, 3> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<2> Load<Ld, 4, 5> Store<Sd, 5, 4>
        Store<Sd, 5, 6> Jump<1> Jump<4> GotoFar;
    Ri<Add, 5, 6> => Load<Ld, 4, 5>;
    Ri<Add, 6, 5> => Rr<Add, 7, 7, 2> Ri<Add, 2, 2> Ri<Sraw, 4, 1> Ri<First, 0, 4> Ri<First, 0, 8> Ri<First, 4, 0>
        Ri<First, 4, 7> Ri<First, 4, 8> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Constant<0> Constant<1> Constant<2> Constant<4> Constant<7> Load<Lw, 1, 0> Load<Lw, 2, 0>
        Load<Lw, 3, 1> Load<Ld, 1, 0> Load<Ld, 1, 4> Load<Ld, 1, 7> Load<Ld, 4, 0> Load<Ld, 4, 7> Load<Lbu, 1, 0>
        Store<Sd, 5, 4> Branch<Eq, 0, 4> Branch<Eq, 7, 4> Branch<Lt, 7, 4> Call<4, 1>;
    Ri<Add, 6, 6> => Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<Addw, 1, 1> Ri<Addw, 1, 6> Ri<First, 0, 6> Ri<First, 4, 4>
        Ri<First, 7, 4> Ri<Second, 4, 4> Load<Ld, 0, 6> Load<Lbu, 1, 6> Store<Sb, 2, 1> Branch<Eq, 0, 4>
        Branch<Eq, 4, 4> Branch<Eq, 4, 6> Branch<Ne, 0, 4> Branch<Ne, 1, 4> Branch<Ne, 4, 4> Branch<Ne, 6, 4>
        Branch<Ltu, 4, 4> Branch<Geu, 6, 3> GotoFar;
    Ri<Add, 6, 8> => Store<Sb, 8, 4>;
    Ri<Add, 7, 0> => Ri<First, 0, 4> Ri<First, 0, 6> Ri<Second, 8, 4>;
    Ri<Add, 7, 3> => Constant<4>;
    Ri<Add, 7, 4> => Ri<Add, 0, 4> Ri<Add, 2, 1> Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Constant<4>;
    Ri<Add, 7, 5> => Ri<First, 0, 4> Ri<First, 0, 6> Ri<Second, 0, 4> Ri<Second, 4, 4> Store<Sd, 5, 4>;
    Ri<Add, 7, 6> => Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<4> Store<Sd, 6, 4>;
    Ri<Add, 7, 7> => Rr<Add, 7, 7, 0> Rr<And, 1, 1, 3> Rr<Or, 1, 1, 3> Rr<Or, 1, 1, 8> Ri<Add, 0, 0> Ri<Add, 0, 4>
        Ri<Add, 0, 6> Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<Add, 8, 8> Ri<Sll, 2, 2> Ri<Sll, 8, 8> Ri<Addw, 1, 3>
        Ri<Sllw, 1, 3> Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 4, 0> Ri<Second, 0, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<0> Constant<4> Store<Sd, 5, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 4>
        Branch<Eq, 8, 4> Branch<Ne, 1, 4> Branch<Ne, 2, 4> GotoFar;
    Ri<Add, 8, 0> => Ri<Srl, 7, 4> Ri<First, 7, 4> Load<Lw, 8, 8>;
    Ri<Add, 8, 2> => Rr<Add, 1, 1, 4>;
    Ri<Add, 8, 4> => Ri<First, 0, 4> Ri<First, 7, 4> Ri<Second, 0, 4> Ri<Second, 3, 4> Ri<Second, 7, 4> Constant<7>;
    Ri<Add, 8, 5> => Ri<Add, 7, 5> Ri<First, 7, 4> Ri<Second, 7, 4> Call<4, 4>;
    Ri<Add, 8, 6> => Ri<Add, 7, 6> Ri<First, 0, 4> Ri<First, 7, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Constant<4> Store<Sw, 6, 4> Store<Sd, 6, 4>;
    Ri<Add, 8, 8> => Rr<Add, 2, 2, 8> Rr<Add, 4, 4, 1> Ri<Add, 0, 0> Ri<Add, 3, 3> Ri<Add, 6, 6> Ri<Add, 7, 7>
        Ri<Sll, 1, 1> Ri<Addw, 1, 1> Ri<First, 0, 4> Ri<First, 2, 4> Ri<First, 3, 4> Ri<First, 7, 4>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Constant<4> Load<Ld, 2, 7> Store<Sd, 2, 8> Store<Sd, 5, 8> Branch<Eq, 1, 2> Branch<Eq, 1, 4>
        Branch<Ne, 1, 4> Branch<Ne, 3, 4> GotoFar;
    Ri<And, 0, 0> => Ri<Second, 4, 4> Load<Ld, 1, 0> Branch<Eq, 0, 4> Branch<Ne, 0, 4> Jump<4>;
    Ri<And, 0, 4> => Ri<Second, 7, 4>;
    Ri<And, 1, 0> => Ri<Addw, 1, 1> Ri<First, 4, 0> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Ri<And, 1, 1> => Rr<Add, 1, 1, 5> Rr<Sub, 5, 5, 1> Rr<Or, 1, 1, 2> Rr<Or, 1, 1, 4> Rr<Sll, 1, 1, 3> Ri<And, 4, 4>
        Ri<Or, 1, 1> Ri<Sll, 1, 1> Ri<Addw, 1, 1> Ri<Sllw, 1, 1> Ri<Srlw, 2, 1> Ri<Second, 0, 4> Ri<Second, 2, 4>
        Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<7> Store<Sb, 4, 1>
        Store<Sw, 4, 1> Store<Sw, 6, 1> Store<Sd, 4, 1> Branch<Eq, 1, 2> Branch<Eq, 1, 4> Branch<Ne, 1, 2>
        Branch<Ne, 1, 4> Branch<Ne, 2, 4> Branch<Ltu, 0, 1> Branch<Ltu, 2, 1> Branch<Ltu, 4, 1> Branch<Geu, 0, 1>
        Branch<Geu, 3, 1> Branch<Geu, 4, 1> GotoFar;
    Ri<And, 1, 2> => Ri<And, 0, 0> Ri<Second, 0, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Ri<And, 1, 3> => Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Ri<And, 1, 4> => Ri<Add, 4, 4> Ri<Add, 6, 6> Ri<Second, 2, 4> Ri<Second, 4, 4> Store<Sd, 6, 0> Branch<Eq, 1, 4>
        Branch<Ne, 1, 4>;
    Ri<And, 1, 6> => Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Ri<And, 1, 7> => Ri<Second, 3, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Ri<And, 1, 8> => Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Ri<And, 2, 1> => Ri<And, 2, 2> Ri<And, 4, 1> Ri<And, 7, 7> Ri<Second, 3, 4> Branch<Eq, 2, 3> Branch<Eq, 2, 4>
        Branch<Ne, 2, 3> Branch<Ne, 2, 4>;
    Ri<And, 2, 2> => Rr<Add, 1, 1, 3> Rr<Or, 1, 1, 2> Rr<Sll, 2, 2, 3> Ri<Add, 1, 1> Ri<And, 1, 1> Ri<Or, 2, 2>
        Ri<Sll, 2, 2> Ri<Addw, 7, 8> Ri<Second, 1, 4> Ri<Second, 3, 4> Branch<Eq, 2, 3> Branch<Eq, 2, 4>
        Branch<Ne, 2, 4> Branch<Ltu, 4, 2> Branch<Geu, 4, 1>;
    Ri<And, 2, 3> => Rr<Add, 1, 1, 8>;
    Ri<And, 2, 4> => Branch<Eq, 2, 4> Branch<Ne, 2, 4>;
    Ri<And, 3, 1> => Ri<And, 2, 1> Ri<Or, 2, 1> Branch<Eq, 3, 4> Branch<Ne, 3, 4> Branch<Geu, 4, 3>;
    Ri<And, 3, 2> => Ri<Add, 3, 3> Branch<Eq, 3, 4> Branch<Ne, 3, 4>;
    Ri<And, 3, 3> => Ri<Second, 8, 4> Branch<Eq, 3, 4> Branch<Ne, 3, 4>;
    Ri<And, 3, 4> => Rr<Srl, 1, 1, 3> Branch<Eq, 3, 4> Branch<Ne, 3, 4>;
    Ri<And, 4, 0> => Rr<Srl, 1, 1, 4>;
    Ri<And, 4, 1> => Store<Sb, 6, 4> Branch<Eq, 4, 4>;
    Ri<And, 4, 2> => Branch<Ne, 4, 4>;
    Ri<And, 4, 4> => Rr<Add, 4, 4, 4> Ri<Add, 1, 4> Ri<Add, 4, 4> Ri<And, 1, 1> Ri<And, 4, 4> Ri<Sll, 4, 4>
        Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 7, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Store<Sw, 4, 4>
        Store<Sd, 6, 0> Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Ltu, 4, 4> GotoFar;
    Ri<And, 4, 7> => Branch<Ne, 4, 4>;
    Ri<And, 6, 6> => Ri<First, 3, 6> Branch<Ne, 6, 4>;
    Ri<And, 7, 1> => Branch<Geu, 1, 4>;
    Ri<And, 7, 4> => Ri<First, 0, 4> Branch<Ne, 7, 4>;
    Ri<And, 7, 7> => Ri<First, 0, 4> Ri<Second, 4, 4> Branch<Eq, 7, 4> Branch<Ne, 7, 4>;
    Ri<And, 8, 1> => Branch<Ne, 8, 4>;
    Ri<And, 8, 2> => Ri<Addw, 4, 1> Ri<First, 3, 1> Branch<Eq, 8, 4>;
    Ri<And, 8, 3> => Branch<Eq, 8, 4> Branch<Ne, 8, 4>;
    Ri<And, 8, 8> => Ri<Second, 0, 4> Ri<Second, 7, 4> Branch<Eq, 8, 4> Branch<Ne, 8, 4>;
    Ri<Or, 0, 0> => Jump<4>;
    Ri<Or, 1, 1> => Ri<Addw, 1, 1> Ri<Second, 2, 4> Store<Sb, 4, 1> Store<Sh, 4, 1> Store<Sh, 6, 1> Store<Sw, 4, 1>
        Store<Sw, 6, 1> Store<Sd, 4, 1> GotoFar;
    Ri<Or, 1, 2> => Load<Ld, 0, 4> Branch<Ne, 4, 4>;
    Ri<Or, 2, 1> => Store<Sd, 4, 3>;
    Ri<Or, 2, 2> => Ri<Add, 4, 4>;
    Ri<Or, 3, 3> => Store<Sw, 4, 3>;
    Ri<Or, 4, 0> => Ri<And, 1, 1>;
    Ri<Or, 4, 4> => Ri<First, 4, 0> Ri<Second, 4, 4> GotoFar;
    Ri<Or, 7, 7> => Ri<And, 1, 1> Store<Sd, 4, 7>;
    Ri<Xor, 0, 0> => GotoFar;
    Ri<Xor, 1, 0> => Ri<Addw, 1, 1>;
    Ri<Xor, 1, 1> => Rr<And, 1, 1, 0> Rr<And, 1, 1, 2> Rr<And, 1, 1, 3> Rr<And, 1, 1, 8> Rr<And, 4, 4, 1>
        Branch<Ltu, 1, 0>;
    Ri<Xor, 1, 4> => Rr<Or, 1, 1, 4>;
    Ri<Xor, 2, 2> => Rr<And, 2, 2, 3>;
    Ri<Xor, 2, 8> => Rr<And, 1, 1, 2>;
    Ri<Xor, 7, 4> => Ri<Second, 4, 4>;
    Ri<Xor, 8, 8> => Rr<And, 3, 3, 8> GotoFar;
    Ri<Sll, 0, 0> => Rr<Add, 0, 0, 4> Rr<Or, 0, 0, 1> Rr<Or, 0, 0, 4> Rr<Or, 3, 3, 4> Rr<Or, 4, 4, 4> Ri<Sll, 1, 1>
        Ri<Sll, 2, 2> Ri<Sll, 7, 7> Ri<Srl, 0, 0> Ri<Srl, 7, 0> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 8, 4> Load<Lw, 1, 4> GotoFar;
    Ri<Sll, 0, 1> => Ri<Srl, 0, 0> Branch<Ge, 0, 4>;
    Ri<Sll, 0, 4> => Rr<Add, 0, 0, 4> Ri<Srl, 0, 0>;
    Ri<Sll, 0, 7> => Rr<Add, 0, 0, 4>;
    Ri<Sll, 1, 0> => Rr<Add, 0, 0, 1> Rr<Add, 1, 1, 4> Ri<Srl, 0, 1> Ri<Srl, 1, 1> Branch<Ne, 1, 4> Branch<Lt, 1, 4>
        Branch<Ge, 1, 4>;
    Ri<Sll, 1, 1> => Rr<Add, 0, 0, 1> Rr<Add, 1, 1, 0> Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 3> Rr<Add, 1, 1, 4>
        Rr<Add, 1, 1, 6> Rr<Add, 1, 1, 7> Rr<Add, 1, 1, 8> Rr<Add, 2, 2, 1> Rr<Add, 2, 2, 4> Rr<Add, 3, 0, 8>
        Rr<Add, 3, 3, 1> Rr<Add, 4, 4, 1> Rr<Add, 6, 6, 1> Rr<Add, 7, 7, 1> Rr<And, 1, 1, 4> Rr<Or, 1, 1, 2>
        Rr<Or, 1, 1, 3> Rr<Or, 1, 1, 4> Rr<Or, 1, 1, 8> Rr<Or, 2, 2, 3> Rr<Or, 4, 4, 1> Rr<Sll, 3, 2, 0>
        Ri<Add, 1, 1> Ri<Add, 2, 2> Ri<And, 2, 2> Ri<Sll, 0, 0> Ri<Sll, 2, 2> Ri<Srl, 1, 1> Ri<First, 0, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Load<Ld, 8, 4> Store<Sd, 3, 8> Store<Sd, 6, 1> GotoFar;
    Ri<Sll, 1, 2> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 3> Rr<Add, 1, 1, 4> Ri<Sll, 3, 2> Ri<Srl, 1, 1> Ri<Srl, 2, 1>
        Branch<Lt, 1, 4> Branch<Ge, 1, 4>;
    Ri<Sll, 1, 3> => Rr<Add, 1, 1, 3> Rr<Add, 1, 1, 4> Rr<Add, 8, 2, 1> Rr<Or, 1, 1, 4> Ri<Add, 3, 3> Ri<Srl, 1, 1>;
    Ri<Sll, 1, 4> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Add, 4, 4, 1> Rr<Sub, 1, 1, 4> Ri<Sll, 2, 4> Ri<Srl, 1, 1>
        Ri<Srl, 4, 1> Ri<Srl, 7, 1> Ri<Second, 2, 4> Branch<Ne, 1, 4> Branch<Lt, 1, 4> Branch<Ge, 1, 4>;
    Ri<Sll, 1, 6> => Rr<Add, 1, 1, 4> Ri<Srl, 1, 1> Ri<Srl, 6, 1>;
    Ri<Sll, 1, 7> => Rr<Add, 1, 1, 7> Ri<Srl, 1, 1> Branch<Lt, 1, 4>;
    Ri<Sll, 1, 8> => Rr<Add, 1, 1, 4> Rr<Add, 1, 1, 8> Ri<Srl, 1, 1> Ri<Srl, 8, 1>;
    Ri<Sll, 2, 0> => Ri<Srl, 1, 2>;
    Ri<Sll, 2, 1> => Rr<Add, 1, 1, 2> Rr<Add, 2, 2, 0> Rr<Add, 2, 2, 1> Rr<Add, 2, 2, 4> Rr<Add, 2, 2, 6>
        Ri<Srl, 1, 2> Ri<Srl, 2, 2> Branch<Ne, 2, 4> Branch<Lt, 2, 4> Branch<Ge, 2, 4>;
    Ri<Sll, 2, 2> => Rr<Add, 1, 1, 2> Rr<Add, 2, 2, 1> Rr<Add, 2, 2, 3> Rr<Add, 2, 2, 4> Rr<Add, 2, 2, 7>
        Rr<Add, 2, 2, 8> Rr<Add, 3, 3, 2> Rr<Add, 4, 4, 2> Rr<Sub, 1, 1, 2> Rr<Or, 1, 1, 2> Rr<Or, 2, 2, 1>
        Rr<Or, 2, 2, 3> Rr<Or, 2, 2, 8> Ri<Add, 2, 2> Ri<Sll, 1, 1> Ri<Srl, 2, 2> Ri<Srlw, 7, 1> Ri<First, 1, 2>
        Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> GotoFar;
    Ri<Sll, 2, 3> => Rr<Add, 2, 2, 4> Ri<Srl, 2, 2> Ri<Srl, 3, 2>;
    Ri<Sll, 2, 4> => Rr<Add, 1, 1, 2> Rr<Add, 2, 2, 1> Rr<Add, 2, 2, 4> Ri<Srl, 1, 2> Ri<Srl, 2, 2> Ri<Srl, 4, 2>
        Ri<First, 1, 4> Ri<Second, 1, 4> Constant<0> Branch<Ge, 2, 4>;
    Ri<Sll, 2, 6> => Rr<Add, 1, 1, 2>;
    Ri<Sll, 2, 7> => Ri<Srl, 8, 2>;
    Ri<Sll, 2, 8> => Ri<Srl, 2, 2>;
    Ri<Sll, 3, 0> => Ri<Srl, 0, 3>;
    Ri<Sll, 3, 1> => Rr<Add, 2, 2, 3> Rr<Add, 3, 3, 1> Rr<Add, 3, 3, 4> Rr<Add, 3, 3, 7> Ri<Srl, 1, 3> Ri<Srl, 2, 3>
        Ri<Srl, 3, 3> Branch<Lt, 3, 4> Branch<Ge, 3, 4>;
    Ri<Sll, 3, 2> => Rr<Add, 2, 2, 3> Rr<Add, 3, 3, 2> Rr<Sub, 3, 3, 2> Ri<Srl, 1, 3> Ri<Srl, 2, 3> Ri<Srl, 3, 3>
        Branch<Lt, 3, 4> Branch<Ge, 3, 4>;
    Ri<Sll, 3, 3> => Rr<Add, 1, 1, 3> Rr<Add, 1, 1, 4> Rr<Add, 2, 2, 3> Rr<Add, 3, 3, 1> Rr<Add, 3, 3, 2>
        Rr<Add, 3, 3, 4> Rr<Add, 3, 3, 7> Rr<Add, 3, 3, 8> Rr<Add, 4, 4, 3> Rr<Or, 3, 3, 1> Rr<Or, 3, 3, 2>
        Rr<Or, 3, 3, 4> Rr<Or, 3, 3, 7> Rr<Or, 3, 3, 8> Rr<Or, 4, 4, 2> Rr<Or, 7, 7, 4> Ri<Add, 3, 3> Ri<Sll, 0, 0>
        Ri<Sll, 1, 1> Ri<Sll, 2, 2> Ri<Srl, 3, 3> Ri<Addw, 1, 1> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Ri<Second, 8, 4> Load<Lbu, 2, 1> Store<Sd, 4, 2> Store<Sd, 7, 0> GotoFar;
    Ri<Sll, 3, 4> => Rr<Add, 1, 1, 3> Rr<Add, 2, 2, 3> Rr<Add, 3, 3, 4> Rr<Sltu, 1, 4, 1> Ri<Srl, 3, 3>
        Branch<Ge, 3, 4>;
    Ri<Sll, 3, 7> => Rr<Add, 8, 8, 1>;
    Ri<Sll, 3, 8> => Rr<Add, 3, 3, 8>;
    Ri<Sll, 4, 0> => Ri<Srl, 4, 4>;
    Ri<Sll, 4, 1> => Ri<Sll, 4, 1> Ri<Srl, 4, 4>;
    Ri<Sll, 4, 2> => Rr<Add, 4, 4, 2> Ri<Srl, 4, 4>;
    Ri<Sll, 4, 3> => Ri<Srl, 3, 4> Ri<Srl, 4, 4>;
    Ri<Sll, 4, 4> => Rr<Add, 1, 1, 4> Rr<Add, 1, 4, 4> Rr<Add, 2, 2, 4> Rr<Add, 4, 4, 0> Rr<Add, 4, 4, 1>
        Rr<Add, 4, 4, 2> Rr<Add, 4, 4, 3> Rr<Add, 4, 4, 4> Rr<Add, 4, 4, 6> Rr<And, 4, 4, 1> Rr<Or, 0, 0, 4>
        Rr<Or, 1, 1, 2> Rr<Or, 4, 4, 0> Rr<Or, 4, 4, 1> Rr<Or, 4, 4, 2> Rr<Or, 4, 4, 4> Rr<Addw, 7, 4, 4>
        Ri<Add, 4, 4> Ri<Sll, 0, 0> Ri<Sll, 1, 1> Ri<Sll, 4, 4> Ri<Srl, 4, 4> Ri<Sllw, 1, 2> Ri<First, 0, 4>
        Ri<First, 4, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Load<Lbu, 4, 4> Store<Sd, 5, 4> GotoFar;
    Ri<Sll, 4, 7> => Ri<Srl, 4, 4>;
    Ri<Sll, 4, 8> => Ri<Srl, 4, 4>;
    Ri<Sll, 6, 6> => Rr<Add, 6, 6, 4> Ri<Srl, 6, 6> Ri<First, 7, 6>;
    Ri<Sll, 7, 0> => Ri<Srl, 7, 7>;
    Ri<Sll, 7, 1> => Ri<Add, 0, 0> Ri<Srl, 7, 7> Branch<Ge, 7, 4>;
    Ri<Sll, 7, 3> => Ri<Srl, 7, 7>;
    Ri<Sll, 7, 4> => Rr<Add, 7, 7, 4> Ri<Srl, 2, 7> Ri<Srl, 7, 7>;
    Ri<Sll, 7, 7> => Rr<Add, 7, 7, 0> Rr<Add, 7, 7, 4> Rr<Or, 7, 7, 0> Rr<Or, 7, 7, 4> Ri<Add, 7, 7> Ri<Sll, 1, 1>
        Ri<Sll, 2, 2> Ri<Sll, 8, 8> Ri<Srl, 7, 7> Ri<Srlw, 3, 3> Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 2, 4>
        GotoFar;
    Ri<Sll, 7, 8> => Ri<Srl, 7, 7>;
    Ri<Sll, 8, 0> => Ri<Srl, 8, 8>;
    Ri<Sll, 8, 1> => Ri<Sll, 1, 1> Ri<Srl, 1, 8> Ri<Srl, 8, 8> Ri<Second, 3, 4>;
    Ri<Sll, 8, 2> => Rr<Or, 1, 1, 3> Ri<Srl, 2, 8> Ri<Srl, 8, 8> Branch<Lt, 8, 4> Branch<Ge, 8, 4>;
    Ri<Sll, 8, 3> => Ri<Srl, 3, 8> Ri<Srl, 8, 8> Ri<First, 3, 4>;
    Ri<Sll, 8, 4> => Ri<Srl, 8, 8>;
    Ri<Sll, 8, 7> => Load<Ld, 4, 6>;
    Ri<Sll, 8, 8> => Rr<Add, 3, 3, 8> Rr<Add, 8, 8, 4> Rr<Or, 8, 8, 0> Rr<Or, 8, 8, 1> Rr<Or, 8, 8, 2>
        Rr<Or, 8, 8, 3> Rr<Or, 8, 8, 7> Ri<Sll, 3, 3> Ri<Srl, 8, 8> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Load<Lbu, 1, 4> GotoFar;
    Ri<Srl, 0, 0> => Rr<Add, 4, 4, 4> Rr<Or, 0, 4, 0> Ri<And, 0, 0> Ri<Srl, 7, 7> Ri<First, 7, 4> Store<Sw, 4, 1>;
    Ri<Srl, 0, 2> => Constant<2>;
    Ri<Srl, 0, 4> => Ri<And, 4, 0>;
    Ri<Srl, 1, 0> => Store<Sb, 4, 1> Store<Sb, 6, 1>;
    Ri<Srl, 1, 1> => Rr<Add, 0, 0, 1> Rr<Add, 1, 1, 3> Rr<Add, 1, 1, 4> Rr<Add, 1, 1, 8> Rr<Add, 4, 4, 4>
        Rr<Sub, 3, 3, 1> Rr<Sub, 4, 4, 1> Rr<Sub, 4, 4, 4> Rr<And, 1, 1, 2> Rr<Or, 1, 1, 2> Rr<Or, 1, 1, 7>
        Rr<Or, 8, 8, 1> Ri<Add, 1, 1> Ri<Add, 7, 7> Ri<And, 1, 1> Ri<And, 2, 1> Ri<Sll, 1, 1> Ri<Sll, 2, 1>
        Ri<Sll, 2, 2> Ri<Srl, 0, 0> Ri<Addw, 1, 1> Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Store<Sh, 2, 1> Store<Sh, 3, 1> Store<Sh, 4, 1> Store<Sd, 4, 1> Store<Sd, 4, 4>
        Store<Sd, 8, 1> Branch<Eq, 1, 4> Branch<Eq, 2, 4> Branch<Eq, 4, 1> Branch<Ne, 1, 4> Branch<Ne, 2, 4>
        Branch<Ltu, 1, 4> GotoFar;
    Ri<Srl, 1, 2> => Rr<Add, 1, 1, 4> Ri<Add, 4, 1> Ri<And, 1, 1> Ri<Second, 2, 4> Constant<2> Load<Ld, 2, 6>;
    Ri<Srl, 1, 3> => Rr<Add, 1, 1, 2>;
    Ri<Srl, 1, 4> => Rr<Add, 1, 1, 2> Ri<And, 1, 1> Ri<Sll, 1, 1>;
    Ri<Srl, 1, 7> => Branch<Ltu, 1, 4>;
    Ri<Srl, 1, 8> => Rr<Add, 1, 1, 4> Branch<Ltu, 1, 4> Branch<Geu, 1, 4>;
    Ri<Srl, 2, 0> => Store<Sb, 6, 2>;
    Ri<Srl, 2, 1> => Ri<And, 2, 2> Ri<First, 4, 0> Store<Sb, 4, 2> Store<Sb, 6, 1> Store<Sb, 6, 2> Branch<Ne, 2, 8>;
    Ri<Srl, 2, 2> => Rr<Add, 2, 2, 3> Rr<Add, 2, 2, 4> Rr<Add, 8, 8, 2> Rr<Or, 1, 1, 3> Rr<Divu, 2, 7, 2>
        Ri<And, 2, 2> Ri<And, 3, 2> Ri<Sll, 1, 2> Ri<Second, 1, 4> Ri<Second, 4, 4> Store<Sh, 4, 2> Branch<Eq, 2, 3>
        Branch<Ltu, 2, 1> Branch<Ltu, 2, 7>;
    Ri<Srl, 2, 3> => Rr<Add, 1, 1, 2>;
    Ri<Srl, 2, 4> => Rr<Add, 2, 2, 4>;
    Ri<Srl, 2, 7> => Rr<Subw, 4, 4, 1>;
    Ri<Srl, 2, 8> => Rr<Add, 2, 2, 4>;
    Ri<Srl, 3, 2> => Ri<And, 3, 3> Store<Sb, 1, 3> Store<Sb, 4, 3>;
    Ri<Srl, 3, 3> => Rr<Add, 1, 1, 4> Ri<Add, 8, 8> Ri<And, 3, 3> Ri<And, 4, 3> Branch<Ne, 3, 4> Branch<Geu, 1, 3>;
}
