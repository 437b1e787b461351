//! @generated, see above.
#![allow(unsafe_code)] // Handlers: see `op`.

#[allow(unused_imports, clippy::wildcard_imports, reason = "any part may have a step of any room")]
use crate::exec::{alu::*, flow::*, mem::*, zb::*};

crate::fused::pairs! {
    Load<Ld, 4, 5> => Rr<Add, 1, 1, 4> Rr<Sltu, 4, 1, 4> Rr<Addw, 0, 0, 4> Ri<Add, 0, 4> Ri<Add, 1, 5> Ri<Add, 4, 4>
        Ri<Add, 5, 5> Ri<And, 1, 1> Ri<Sltu, 0, 0> Ri<Addw, 0, 0> Ri<Addw, 4, 4> Ri<First, 0, 1> Ri<First, 0, 2>
        Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 1, 4> Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 4, 4>
        Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Ri<Second, 6, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<3> Constant<4> Load<Lw, 1, 4> Load<Ld, 0, 4>
        Load<Ld, 0, 5> Load<Ld, 0, 6> Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 3, 5>
        Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 6, 5> Load<Ld, 7, 5> Load<Ld, 8, 5> Store<Sw, 4, 4> Store<Sw, 6, 1>
        Store<Sw, 6, 4> Store<Sd, 1, 4> Store<Sd, 4, 4> Store<Sd, 5, 1> Store<Sd, 5, 2> Store<Sd, 5, 4>
        Store<Sd, 6, 0> Store<Sd, 6, 1> Store<Sd, 6, 4> Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 4>
        Branch<Ne, 0, 4> Branch<Ne, 1, 4> Branch<Ne, 4, 4> GotoFar;
    Load<Ld, 4, 6> => Rr<Add, 1, 1, 4> Rr<Sub, 1, 4, 4> Ri<Add, 4, 4> Ri<Sll, 8, 1> Ri<First, 0, 4> Ri<First, 4, 0>
        Ri<First, 4, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Lw, 1, 4> Load<Lw, 2, 4>
        Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 2, 6> Load<Ld, 3, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6>
        Load<Ld, 7, 6> Store<Sd, 5, 4> Store<Sd, 6, 4> Branch<Eq, 0, 4> Branch<Eq, 4, 4> Branch<Ne, 0, 4>
        Branch<Ne, 4, 4> GotoFar;
    Load<Ld, 4, 7> => Load<Ld, 1, 7> Load<Ld, 4, 7> Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Ltu, 4, 4>;
    Load<Ld, 4, 8> => Ri<Sll, 2, 3> Branch<Eq, 4, 4>;
    Load<Ld, 6, 4> => Ri<Add, 4, 4> Ri<First, 0, 4> Ri<First, 0, 6> Load<Ld, 4, 5> Store<Sd, 5, 4> Branch<Eq, 6, 4>
        Branch<Ne, 6, 4>;
    Load<Ld, 6, 5> => Ri<Add, 5, 5> Ri<Sll, 1, 1> Ri<Addw, 1, 3> Ri<First, 0, 1> Ri<First, 0, 4> Ri<Second, 0, 4>
        Ri<Second, 4, 4> Constant<0> Load<Ld, 1, 4> Load<Ld, 4, 5> Store<Sd, 4, 4> Branch<Eq, 6, 4> GotoFar;
    Load<Ld, 6, 6> => Ri<First, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Store<Sd, 5, 4> Branch<Eq, 6, 4>
        Branch<Ne, 6, 4> GotoFar;
    Load<Ld, 7, 0> => Ri<First, 4, 0> Ri<First, 6, 0> Ri<Second, 0, 4> Branch<Eq, 7, 4>;
    Load<Ld, 7, 1> => Ri<Add, 4, 4> Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Constant<0>
        Constant<4> Load<Ld, 0, 1> Load<Ld, 8, 1> Load<Ld, 8, 8> Store<Sd, 6, 4> Branch<Eq, 4, 7> Branch<Eq, 7, 4>
        GotoFar;
    Load<Ld, 7, 2> => Load<Ld, 4, 5> Load<Ld, 8, 2> Branch<Eq, 7, 4>;
    Load<Ld, 7, 3> => Branch<Eq, 7, 4> Branch<Ne, 4, 2>;
    Load<Ld, 7, 4> => Rr<Add, 1, 1, 2> Ri<Add, 4, 4> Ri<And, 7, 7> Ri<Sll, 8, 8> Ri<First, 0, 4> Ri<First, 8, 4>
        Ri<Second, 0, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<0> Load<Ld, 0, 4>
        Load<Ld, 0, 6> Load<Ld, 1, 4> Load<Ld, 8, 4> Load<Ld, 8, 8> Branch<Eq, 1, 4> Branch<Eq, 7, 4>
        Branch<Ne, 7, 4> Branch<Ltu, 4, 7> GotoFar;
    Load<Ld, 7, 5> => Rr<Add, 0, 4, 4> Ri<Add, 0, 0> Ri<Add, 4, 5> Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 4, 0>
        Ri<First, 8, 0> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Load<Ld, 0, 5> Load<Ld, 8, 5> Store<Sd, 5, 0> Branch<Eq, 7, 4> GotoFar;
    Load<Ld, 7, 6> => Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<8> Load<Ld, 0, 6> Load<Ld, 1, 6> Load<Ld, 2, 6> Load<Ld, 3, 6>
        Load<Ld, 4, 6> Load<Ld, 8, 6> Branch<Eq, 0, 4> Branch<Eq, 7, 4> Branch<Ne, 7, 4> GotoFar;
    Load<Ld, 7, 7> => Constant<4> Branch<Ne, 7, 4>;
    Load<Ld, 7, 8> => Load<Ld, 0, 8>;
    Load<Ld, 8, 0> => Branch<Eq, 8, 4>;
    Load<Ld, 8, 1> => Ri<Add, 1, 1> Ri<And, 8, 8> Ri<Second, 7, 4> Load<Ld, 3, 1> Load<Ld, 3, 2> Load<Lbu, 7, 1>
        Load<Lhu, 3, 1> Branch<Eq, 8, 4> Branch<Ne, 8, 4>;
    Load<Ld, 8, 2> => Ri<Second, 3, 4> Ri<Second, 4, 4> Store<Sd, 1, 4>;
    Load<Ld, 8, 4> => Ri<Add, 1, 2> Ri<Add, 4, 4> Ri<Or, 2, 2> Ri<Sll, 1, 3> Ri<Sll, 7, 2> Ri<First, 0, 4>
        Ri<First, 2, 3> Ri<First, 3, 4> Ri<First, 7, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 7, 4>
        Load<Ld, 0, 5> Load<Ld, 1, 4> Load<Ld, 2, 4> Load<Ld, 3, 4> Load<Ld, 4, 5> Load<Ld, 7, 4> Store<Sd, 1, 3>
        Store<Sd, 4, 2> Store<Sd, 4, 4> Store<Sd, 6, 4> Branch<Eq, 8, 4> Branch<Ne, 8, 4> Branch<Ltu, 3, 4> GotoFar;
    Load<Ld, 8, 5> => Ri<First, 0, 4> Ri<First, 4, 0> Ri<First, 7, 4> Ri<Second, 1, 4> Ri<Second, 2, 4>
        Ri<Second, 3, 4> Ri<Second, 7, 4> Load<Ld, 0, 5> Load<Ld, 1, 5> Load<Ld, 3, 5> Load<Ld, 4, 5> Load<Ld, 7, 5>
        Branch<Eq, 0, 4> Branch<Eq, 8, 4> Branch<Ne, 0, 4> GotoFar;
    Load<Ld, 8, 6> => Rr<Subw, 7, 7, 1> Ri<Sll, 0, 3> Ri<First, 0, 4> Ri<First, 3, 4> Ri<First, 7, 4> Ri<First, 7, 8>
        Ri<Second, 3, 4> Ri<Second, 7, 4> Load<Ld, 0, 6> Load<Ld, 2, 6> Load<Ld, 3, 6> Load<Ld, 4, 6> Load<Ld, 7, 6>
        Branch<Eq, 0, 4> Branch<Eq, 8, 4> Branch<Ne, 0, 4> Call<4, 1> GotoFar;
    Load<Ld, 8, 8> => Ri<First, 7, 4> Load<Ld, 0, 1> Load<Ld, 7, 1> Branch<Ne, 8, 4>;
    Load<Lbu, 0, 0> => Load<Lbu, 7, 7>;
    Load<Lbu, 0, 1> => Ri<Sll, 3, 3> Ri<Sll, 4, 4> Load<Lbu, 2, 4> Load<Lbu, 4, 1> Load<Lbu, 4, 4>;
    Load<Lbu, 0, 3> => Load<Lbu, 7, 2>;
    Load<Lbu, 0, 4> => Ri<Sll, 2, 2> Ri<Sll, 3, 3> Ri<Sll, 4, 4> Ri<Second, 4, 4> Load<Lbu, 7, 4> Branch<Eq, 0, 4>
        Branch<Ne, 0, 4>;
    Load<Lbu, 0, 5> => Ri<Second, 4, 4>;
    Load<Lbu, 0, 6> => Ri<Sll, 2, 2>;
    Load<Lbu, 1, 0> => Ri<Add, 0, 0> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Addw, 1, 1> Ri<Addw, 2, 1> Ri<First, 2, 0>
        Ri<First, 4, 0> Ri<First, 6, 0> Ri<Second, 2, 4> Load<Lbu, 2, 0> Load<Lbu, 2, 7> Load<Lbu, 3, 0>
        Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lbu, 1, 1> => Ri<And, 1, 1> Ri<Sll, 2, 2> Ri<Addw, 1, 1> Ri<Addw, 2, 1> Ri<Sllw, 2, 2> Ri<Second, 2, 4>
        Ri<Second, 4, 4> Load<Lbu, 4, 4> Store<Sb, 2, 1> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lbu, 1, 2> => Ri<Add, 2, 2> Ri<Sll, 1, 1> Ri<Second, 3, 4> Load<Lbu, 8, 2> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lbu, 1, 3> => Rr<Add, 1, 1, 4> Ri<Add, 2, 2> Ri<Add, 3, 3> Load<Lbu, 2, 3> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lbu, 1, 4> => Ri<Add, 0, 4> Ri<Add, 2, 2> Ri<Add, 4, 4> Ri<And, 1, 1> Ri<And, 2, 1> Ri<Or, 1, 1>
        Ri<Sll, 1, 1> Ri<Addw, 1, 1> Ri<Addw, 4, 4> Ri<Sllw, 2, 2> Ri<First, 0, 4> Ri<First, 4, 0> Ri<First, 4, 4>
        Ri<First, 8, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4>
        Load<Lw, 7, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Lbu, 0, 4> Load<Lbu, 2, 4> Load<Lbu, 3, 4> Load<Lbu, 4, 4>
        Store<Sd, 4, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4> GotoFar;
    Load<Lbu, 1, 5> => Store<Sb, 5, 1> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lbu, 1, 6> => Ri<Add, 6, 6> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Addw, 1, 1> Ri<Addw, 4, 4> Ri<Second, 2, 4>
        Ri<Second, 4, 4> Load<Lbu, 2, 6> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lbu, 1, 7> => Ri<Add, 7, 7> Ri<Add, 8, 8> Ri<Second, 2, 4> Load<Ld, 4, 5> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lbu, 1, 8> => Ri<Add, 3, 3> Ri<Add, 8, 8> Load<Lbu, 2, 8> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lbu, 2, 0> => Ri<Add, 0, 0> Ri<Sll, 1, 1> Ri<Second, 1, 4> Load<Lbu, 1, 0> Load<Lbu, 1, 7> Load<Lbu, 3, 0>
        Branch<Eq, 2, 4> Branch<Ne, 2, 1> Branch<Ne, 2, 4>;
    Load<Lbu, 2, 1> => Ri<Add, 1, 1> Ri<Sll, 1, 4> Ri<Sll, 2, 2> Ri<Second, 1, 4> Ri<Second, 3, 4> Load<Lbu, 1, 4>
        Load<Lbu, 3, 1> Load<Lbu, 4, 1> Load<Lbu, 4, 4> Branch<Eq, 2, 4> Branch<Ne, 2, 4>;
    Load<Lbu, 2, 2> => Ri<Second, 1, 4> Ri<Second, 3, 4> Load<Lbu, 1, 1> Branch<Eq, 2, 3> Branch<Eq, 2, 4>
        Branch<Ne, 2, 4> Branch<Ltu, 2, 3> Branch<Ltu, 3, 2>;
    Load<Lbu, 2, 3> => Ri<Second, 4, 4> Load<Lbu, 1, 3>;
    Load<Lbu, 2, 4> => Ri<Add, 1, 4> Ri<Add, 4, 4> Ri<And, 2, 2> Ri<Sll, 1, 1> Ri<Sll, 1, 2> Ri<Sll, 2, 2>
        Ri<Sllw, 3, 3> Ri<Sraw, 1, 2> Ri<First, 1, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 8, 4> Load<Lbu, 1, 4> Load<Lbu, 3, 4> Load<Lbu, 7, 4> Load<Lbu, 8, 4> Store<Sb, 4, 2>
        Branch<Eq, 2, 1> Branch<Eq, 2, 4> Branch<Ne, 2, 1> Branch<Ne, 2, 4>;
    Load<Lbu, 2, 5> => Ri<Second, 1, 4> Branch<Eq, 2, 4>;
    Load<Lbu, 2, 6> => Ri<Add, 6, 6> Ri<Sll, 1, 1> Ri<Sll, 2, 2> Ri<Second, 1, 4> Ri<Second, 3, 4> Load<Lbu, 1, 6>
        Branch<Eq, 2, 1> Branch<Eq, 2, 4> Branch<Ne, 2, 4>;
    Load<Lbu, 2, 7> => Ri<Add, 1, 1>;
    Load<Lbu, 3, 0> => Ri<Add, 1, 0> Ri<Second, 2, 4> Load<Lbu, 4, 0> Branch<Eq, 3, 4>;
    Load<Lbu, 3, 1> => Ri<Add, 1, 1> Ri<Sll, 3, 3> Ri<Sll, 4, 4> Ri<Second, 2, 4> Load<Lbu, 0, 4> Load<Lbu, 2, 1>
        Load<Lbu, 8, 1> Branch<Eq, 3, 4> Branch<Ne, 3, 4>;
    Load<Lbu, 3, 2> => Ri<Add, 2, 2> Ri<Sll, 3, 3> Load<Lbu, 8, 2> Branch<Eq, 3, 4> Branch<Ne, 3, 4>;
    Load<Lbu, 3, 3> => Ri<Second, 1, 4> Ri<Second, 2, 4> Branch<Eq, 3, 4> Branch<Ne, 3, 4>;
    Load<Lbu, 3, 4> => Ri<Add, 4, 4> Ri<Sll, 2, 2> Ri<Sll, 3, 3> Ri<Sll, 4, 4> Ri<Sll, 8, 8> Ri<Sllw, 4, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Load<Lbu, 1, 4> Load<Lbu, 2, 4> Load<Lbu, 4, 4> Load<Lbu, 7, 4>
        Load<Lbu, 8, 4> Branch<Eq, 3, 2> Branch<Eq, 3, 4> Branch<Ne, 3, 4>;
    Load<Lbu, 3, 6> => Ri<Add, 6, 6> Ri<Sll, 1, 1> Ri<Sll, 3, 3> Branch<Eq, 3, 4>;
    Load<Lbu, 3, 7> => Ri<Add, 7, 7>;
    Load<Lbu, 3, 8> => Ri<Add, 8, 8>;
    Load<Lbu, 4, 0> => Ri<Add, 0, 0> Load<Lbu, 2, 0> Load<Lbu, 4, 0>;
    Load<Lbu, 4, 1> => Ri<Sll, 0, 0> Ri<Sll, 2, 2> Ri<Sll, 4, 4> Load<Ld, 4, 3> Load<Lbu, 1, 4> Load<Lbu, 3, 1>
        Load<Lbu, 3, 4> Load<Lbu, 4, 1> Load<Lbu, 4, 2> Load<Lbu, 4, 3> Load<Lbu, 4, 4> Load<Lbu, 7, 1>
        Load<Lhu, 7, 4> Branch<Ne, 4, 4>;
    Load<Lbu, 4, 2> => Rr<Add, 4, 4, 4> Ri<Sll, 4, 4> Load<Lbu, 4, 2> Branch<Ne, 4, 4>;
    Load<Lbu, 4, 3> => Ri<Sll, 4, 4>;
    Load<Lbu, 4, 4> => Ri<Add, 0, 4> Ri<Add, 4, 4> Ri<Sll, 1, 1> Ri<Sll, 4, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 4, 4> Load<Lbu, 0, 1> Load<Lbu, 0, 4> Load<Lbu, 1, 4> Load<Lbu, 2, 4> Load<Lbu, 3, 4>
        Load<Lbu, 4, 1> Load<Lbu, 4, 4> Load<Lbu, 8, 8> Branch<Eq, 4, 4> Branch<Ne, 4, 4>;
    Load<Lbu, 4, 6> => Ri<Add, 6, 6> Ri<Sll, 2, 2>;
    Load<Lbu, 4, 7> => Load<Lbu, 4, 7>;
    Load<Lbu, 4, 8> => Ri<Sll, 4, 4>;
    Load<Lbu, 6, 4> => Ri<Add, 4, 4>;
    Load<Lbu, 6, 7> => Ri<Add, 7, 7>;
    Load<Lbu, 7, 1> => Ri<Add, 1, 1> Load<Lbu, 2, 1> Load<Lbu, 4, 1>;
    Load<Lbu, 7, 2> => Branch<Eq, 7, 1>;
    Load<Lbu, 7, 4> => Ri<Add, 4, 4> Ri<Sll, 0, 0> Ri<Sll, 3, 3> Ri<First, 0, 4> Load<Lbu, 2, 4> Load<Lbu, 4, 4>
        Load<Lbu, 8, 4> Branch<Eq, 7, 4>;
    Load<Lbu, 7, 6> => Ri<Sll, 2, 2>;
    Load<Lbu, 7, 7> => Branch<Ne, 7, 8>;
    Load<Lbu, 7, 8> => Branch<Geu, 7, 0>;
    Load<Lbu, 8, 0> => Load<Lbu, 1, 0>;
    Load<Lbu, 8, 1> => Ri<Add, 1, 1> Ri<Sll, 2, 2> Ri<First, 4, 1> Load<Lbu, 7, 1> Branch<Ne, 8, 4>;
    Load<Lbu, 8, 2> => Ri<Add, 2, 2> Branch<Ne, 8, 4>;
    Load<Lbu, 8, 3> => Branch<Ne, 8, 4>;
    Load<Lbu, 8, 4> => Rr<Addw, 1, 1, 3> Ri<Add, 4, 4> Ri<Sll, 7, 7> Ri<Addw, 1, 8> Ri<Sllw, 2, 2> Ri<First, 7, 4>
        Ri<Second, 3, 4> Ri<Second, 7, 4> Load<Lbu, 3, 4> Branch<Eq, 8, 4>;
    Load<Lbu, 8, 6> => Ri<Sll, 2, 2>;
    Load<Lbu, 8, 8> => Load<Lbu, 3, 3> Branch<Ne, 8, 4>;
    Load<Lhu, 0, 1> => Ri<Second, 4, 4>;
    Load<Lhu, 1, 0> => Ri<And, 1, 1> Ri<Second, 2, 4>;
    Load<Lhu, 1, 1> => Rr<And, 1, 1, 4> Rr<And, 1, 1, 8> Ri<And, 1, 1>;
    Load<Lhu, 1, 4> => Ri<And, 1, 1> Ri<And, 2, 1> Ri<Or, 1, 1> Ri<Addw, 1, 1> Ri<First, 0, 4> Ri<Second, 2, 4>
        Ri<Second, 3, 4> Ri<Second, 4, 4> Load<Ld, 7, 4> Load<Lhu, 2, 4> Store<Sh, 4, 1> Branch<Eq, 1, 4>
        Branch<Ne, 1, 4> Branch<Ge, 4, 1> GotoFar;
    Load<Lhu, 1, 5> => Ri<Second, 8, 4>;
    Load<Lhu, 1, 6> => Ri<And, 1, 1>;
    Load<Lhu, 1, 7> => Branch<Ne, 2, 1>;
    Load<Lhu, 2, 0> => Ri<Second, 1, 4>;
    Load<Lhu, 2, 1> => Rr<Add, 8, 7, 1> Ri<And, 2, 2> Ri<Addw, 2, 2> Ri<Second, 3, 4> Branch<Eq, 2, 4>
        Branch<Ne, 2, 4>;
    Load<Lhu, 2, 2> => Rr<And, 2, 2, 4> Ri<And, 2, 2>;
    Load<Lhu, 2, 4> => Ri<And, 2, 2> Ri<Second, 1, 4> Load<Ld, 1, 4> Load<Lhu, 3, 4>;
    Load<Lhu, 2, 8> => Ri<Sraw, 1, 3>;
    Load<Lhu, 3, 2> => Ri<Addw, 3, 3> Branch<Ne, 3, 4>;
    Load<Lhu, 3, 3> => Rr<And, 3, 3, 4>;
    Load<Lhu, 3, 4> => Ri<Addw, 1, 1> Ri<Second, 1, 4> Ri<Second, 2, 4>;
    Load<Lhu, 4, 1> => Ri<Second, 0, 4> Constant<4>;
    Load<Lhu, 4, 4> => Branch<Ne, 1, 4>;
    Load<Lhu, 7, 2> => Ri<Add, 2, 2> Branch<Eq, 7, 4>;
    Load<Lhu, 7, 4> => Ri<First, 0, 4>;
    Load<Lhu, 8, 4> => Ri<Second, 3, 4>;
    Load<Lhu, 8, 8> => Rr<And, 8, 8, 7>;
    Load<Lwu, 1, 1> => Rr<Add, 1, 1, 2>;
    Load<Lwu, 1, 4> => Rr<Add, 1, 1, 2> Ri<First, 4, 0> Ri<Second, 4, 4> Load<Ld, 4, 4> Branch<Geu, 0, 1>;
    Load<Lwu, 2, 2> => Rr<Add, 1, 1, 4> Rr<Sll, 3, 4, 4>;
    Load<Lwu, 2, 4> => Load<Ld, 1, 4>;
    Load<Lwu, 3, 4> => Load<Ld, 1, 4> Load<Ld, 2, 4>;
    Load<Lwu, 3, 6> => Load<Lwu, 1, 6> Load<Lwu, 2, 6>;
    Load<Lwu, 7, 4> => Ri<Add, 8, 0> Ri<Add, 8, 4> Branch<Geu, 0, 7>;
    Load<Lwu, 7, 6> => Load<Lwu, 8, 6>;
    Load<Lwu, 7, 7> => Ri<Second, 0, 4>;
    Load<Lwu, 8, 6> => Ri<Sll, 1, 1>;
    Store<Sb, 0, 1> => Ri<Add, 0, 0>;
    Store<Sb, 0, 4> => Ri<First, 0, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 7, 4> Store<Sb, 0, 4>;
    Store<Sb, 1, 0> => Ri<Add, 4, 4>;
    Store<Sb, 1, 2> => Ri<Second, 0, 4> Store<Sb, 1, 2> Branch<Eq, 8, 1> Branch<Ne, 3, 1> Branch<Ne, 8, 1> GotoFar;
    Store<Sb, 1, 3> => Ri<Add, 5, 5>;
    Store<Sb, 1, 4> => Ri<Add, 1, 1> Ri<Second, 4, 4> Load<Ld, 1, 4> Load<Lbu, 1, 4> Store<Sb, 1, 4> GotoFar;
    Store<Sb, 1, 8> => Ri<Add, 1, 1>;
    Store<Sb, 2, 0> => Load<Ld, 0, 3>;
    Store<Sb, 2, 1> => Ri<Add, 2, 2> Ri<Addw, 1, 1> Ri<Second, 4, 4> Constant<4> GotoFar;
    Store<Sb, 2, 3> => Branch<Ne, 4, 1> Branch<Ne, 6, 1>;
    Store<Sb, 2, 4> => Constant<4> Store<Sb, 2, 4>;
    Store<Sb, 4, 0> => Ri<Add, 4, 4>;
    Store<Sb, 4, 1> => Ri<Add, 4, 4> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<Second, 4, 4> Constant<4> Load<Lw, 1, 4>
        Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Lbu, 1, 4> Branch<Ne, 4, 4>
        Branch<Geu, 4, 4> GotoFar;
    Store<Sb, 4, 2> => Ri<Srl, 2, 4> Load<Lbu, 2, 4> Store<Sb, 4, 1> GotoFar;
    Store<Sb, 4, 3> => Store<Sb, 4, 2> Store<Sb, 4, 4>;
    Store<Sb, 4, 4> => Ri<Add, 4, 4> Ri<Add, 8, 4> Ri<First, 0, 4> Ri<Second, 4, 4> Constant<4> Load<Lw, 1, 6>
        Load<Ld, 4, 5> Store<Sb, 4, 0> Store<Sb, 4, 1> Store<Sb, 4, 4> Branch<Eq, 1, 4> Branch<Ne, 4, 4> GotoFar;
    Store<Sb, 4, 7> => Store<Sb, 4, 8>;
    Store<Sb, 4, 8> => Store<Sb, 4, 3>;
    Store<Sb, 5, 1> => Ri<Second, 4, 4>;
    Store<Sb, 5, 4> => Ri<Second, 4, 4> Store<Sb, 5, 4> Store<Sd, 5, 4>;
    Store<Sb, 6, 1> => Ri<Add, 8, 6> Ri<Srl, 1, 4> Ri<Srlw, 1, 0> Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Constant<4> Load<Lbu, 1, 6> Store<Sb, 6, 1> GotoFar;
    Store<Sb, 6, 2> => Ri<Srl, 2, 1> Ri<Srlw, 2, 1>;
    Store<Sb, 6, 3> => Store<Sb, 6, 2>;
    Store<Sb, 6, 4> => Ri<First, 7, 4> Ri<Second, 4, 4> Constant<4> Load<Lbu, 1, 6> Store<Sb, 6, 1> Store<Sb, 6, 4>
        Store<Sd, 6, 4> GotoFar;
    Store<Sb, 7, 4> => Store<Sb, 7, 4>;
    Store<Sb, 8, 1> => Ri<Addw, 2, 2>;
    Store<Sb, 8, 2> => Branch<Ne, 1, 0>;
    Store<Sb, 8, 3> => Branch<Geu, 4, 4>;
    Store<Sh, 0, 1> => Load<Lw, 1, 6>;
    Store<Sh, 1, 2> => Ri<Second, 1, 4> Load<Lw, 1, 3> Load<Lw, 1, 4>;
    Store<Sh, 4, 1> => Load<Lw, 1, 4> Load<Ld, 1, 4> Load<Ld, 4, 5> GotoFar;
    Store<Sh, 4, 4> => Store<Sh, 4, 4>;
    Store<Sh, 5, 1> => Ri<Second, 4, 4> GotoFar;
    Store<Sh, 5, 4> => Ri<Second, 4, 4>;
    Store<Sh, 6, 1> => Store<Sh, 6, 4>;
    Store<Sh, 6, 2> => Store<Sw, 6, 1>;
    Store<Sh, 7, 8> => Load<Ld, 4, 5>;
    Store<Sw, 0, 1> => Ri<First, 0, 4> Load<Ld, 4, 5> GotoFar;
    Store<Sw, 0, 2> => Store<Sw, 0, 1> Store<Sd, 0, 4> Branch<Ne, 2, 4>;
    Store<Sw, 0, 3> => Ri<Add, 0, 0>;
    Store<Sw, 0, 4> => Ri<First, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Store<Sw, 0, 4> Store<Sd, 0, 4>
        Branch<Eq, 4, 4> GotoFar;
    Store<Sw, 1, 0> => Load<Ld, 4, 5>;
    Store<Sw, 1, 2> => Ri<First, 3, 2> Ri<Second, 0, 4> Constant<4> Load<Lw, 1, 4> Load<Lw, 2, 4> Load<Ld, 1, 1>
        Load<Ld, 4, 5> Branch<Eq, 4, 4> Branch<Ne, 2, 4> GotoFar;
    Store<Sw, 1, 3> => Ri<Add, 1, 1> Ri<Add, 2, 2> Ri<Addw, 2, 2>;
    Store<Sw, 1, 4> => Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Load<Ld, 1, 4>
        Load<Ld, 1, 6> Load<Ld, 4, 5> Load<Ld, 7, 4> Store<Sw, 1, 4> Branch<Ge, 4, 4> GotoFar;
    Store<Sw, 1, 8> => Ri<First, 1, 2> Load<Lw, 1, 6> Store<Sw, 1, 3>;
    Store<Sw, 2, 1> => Ri<Add, 3, 3> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Constant<8> Load<Lw, 1, 4>
        Load<Ld, 4, 5> Load<Lwu, 7, 4> GotoFar;
    Store<Sw, 2, 3> => GotoFar;
    Store<Sw, 2, 4> => Ri<Add, 1, 1> Ri<Srlw, 0, 1> Ri<Second, 4, 4> GotoFar;
    Store<Sw, 3, 2> => Ri<Add, 4, 4>;
    Store<Sw, 3, 4> => Load<Ld, 2, 2> GotoFar;
    Store<Sw, 4, 0> => Ri<Second, 4, 4> Load<Ld, 4, 5> Branch<Eq, 0, 4> Branch<Ne, 0, 4> Call<4, 1> GotoFar;
    Store<Sw, 4, 1> => Ri<Add, 0, 4> Ri<Add, 4, 4> Ri<And, 1, 4> Ri<Sll, 1, 3> Ri<First, 0, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Constant<4> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Ld, 0, 5>
        Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Lbu, 1, 4> Store<Sw, 4, 4> Store<Sd, 4, 3>
        Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Ne, 6, 4> Branch<Ltu, 1, 4> GotoFar;
    Store<Sw, 4, 2> => Ri<Second, 1, 4> Load<Ld, 4, 5> Store<Sw, 4, 1> Store<Sd, 4, 1> GotoFar;
    Store<Sw, 4, 3> => Ri<Add, 4, 4> Ri<First, 3, 8> Store<Sw, 4, 2> Branch<Ne, 1, 4> GotoFar;
    Store<Sw, 4, 4> => Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Constant<4> Load<Lw, 1, 4> Load<Ld, 1, 4> Load<Ld, 4, 5> Store<Sb, 4, 4> Store<Sw, 4, 1> Store<Sw, 4, 4>
        Store<Sd, 4, 0> Store<Sd, 4, 4> Store<Sd, 4, 7> Store<Sd, 4, 8> Branch<Eq, 1, 4> Branch<Ne, 4, 4> GotoFar;
    Store<Sw, 4, 6> => GotoFar;
    Store<Sw, 4, 7> => Ri<Sllw, 2, 3> Constant<4> Store<Sw, 4, 8>;
    Store<Sw, 4, 8> => Store<Sw, 4, 3>;
    Store<Sw, 5, 0> => Ri<First, 2, 0>;
    Store<Sw, 5, 1> => Ri<Second, 4, 4> GotoFar;
    Store<Sw, 5, 4> => Ri<Second, 4, 4> Store<Sw, 5, 4> Store<Sd, 5, 4> GotoFar;
    Store<Sw, 6, 0> => Ri<First, 6, 8> Ri<First, 7, 0> Ri<Second, 4, 4> GotoFar;
    Store<Sw, 6, 1> => Rr<Add, 4, 4, 1> Ri<And, 1, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Constant<4>
        Load<Lw, 1, 6> Load<Ld, 4, 5> Store<Sd, 6, 4> Branch<Lt, 4, 1> Branch<Ge, 2, 1> Branch<Ge, 4, 1> GotoFar;
    Store<Sw, 6, 2> => Ri<Srl, 1, 1> Ri<Second, 2, 4> Ri<Second, 4, 4> Store<Sw, 6, 1> Store<Sd, 6, 4> GotoFar;
    Store<Sw, 6, 3> => GotoFar;
    Store<Sw, 6, 4> => Ri<Second, 4, 4> Constant<4> Load<Ld, 4, 4> Store<Sw, 6, 1> Store<Sw, 6, 4> Store<Sd, 6, 4>
        GotoFar;
    Store<Sw, 6, 7> => Branch<Lt, 7, 4>;
    Store<Sw, 6, 8> => Ri<First, 0, 4>;
    Store<Sw, 7, 1> => Load<Ld, 4, 5> GotoFar;
    Store<Sw, 7, 2> => Branch<Ne, 7, 1>;
    Store<Sw, 7, 8> => Load<Ld, 4, 5>;
    Store<Sw, 8, 1> => Ri<Second, 0, 4> Load<Lw, 2, 0> Load<Ld, 4, 5>;
    Store<Sw, 8, 2> => Ri<Add, 1, 1>;
    Store<Sw, 8, 3> => Load<Lw, 3, 1> Store<Sw, 0, 2>;
    Store<Sw, 8, 7> => Ri<Second, 0, 4>;
    Store<Sd, 0, 1> => Ri<Add, 8, 8> Load<Lw, 1, 4> Load<Ld, 1, 4> Load<Ld, 1, 7> Load<Ld, 4, 5> Store<Sd, 0, 8>
        GotoFar;
    Store<Sd, 0, 2> => Store<Sd, 0, 1> Store<Sd, 2, 0>;
    Store<Sd, 0, 3> => Store<Sd, 0, 2> Store<Sd, 0, 7>;
    Store<Sd, 0, 4> => Ri<Add, 4, 4> Ri<First, 1, 3> Ri<Second, 4, 4> Constant<4> Load<Ld, 4, 5> Store<Sw, 0, 1>
        Store<Sw, 0, 2> Store<Sw, 0, 4> Store<Sd, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 4> GotoFar;
    Store<Sd, 0, 6> => Load<Lbu, 1, 8>;
    Store<Sd, 0, 7> => Ri<Sll, 8, 8>;
    Store<Sd, 0, 8> => Store<Sd, 0, 3>;
    Store<Sd, 1, 0> => Ri<First, 7, 4> Load<Ld, 1, 4> Load<Ld, 4, 5> Store<Sw, 1, 8> Store<Sd, 1, 7> Branch<Eq, 0, 4>
        GotoFar;
    Store<Sd, 1, 1> => Store<Sd, 1, 1> Store<Sd, 1, 4>;
}
