//! @generated, see above.
#![allow(unsafe_code)] // Handlers: see `op`.

#[allow(unused_imports, clippy::wildcard_imports, reason = "any part may have a step of any room")]
use crate::exec::{alu::*, flow::*, mem::*, zb::*};

crate::fused::pairs! {
    Rr<Add, 0, 0, 1> => Ri<Second, 4, 4> Constant<4> Load<Lw, 0, 0> Load<Ld, 0, 0> Load<Ld, 1, 0> Load<Ld, 4, 5>
        Store<Sw, 6, 4>;
    Rr<Add, 0, 0, 2> => Load<Lw, 1, 0>;
    Rr<Add, 0, 0, 4> => Ri<Sll, 0, 0> Ri<Sraw, 1, 4> Ri<Sraw, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Constant<4> Load<Ld, 1, 0> Load<Ld, 2, 0> Load<Ld, 4, 0> Store<Sb, 0, 4> Store<Sd, 4, 0>
        Branch<Eq, 0, 4> Branch<Ge, 0, 4>;
    Rr<Add, 0, 0, 6> => Ri<Second, 4, 4>;
    Rr<Add, 0, 0, 8> => Rr<Add, 7, 7, 8>;
    Rr<Add, 0, 2, 1> => Load<Lbu, 3, 0>;
    Rr<Add, 0, 4, 4> => Ri<Second, 4, 4> Constant<4>;
    Rr<Add, 1, 0, 3> => Load<Lbu, 2, 2>;
    Rr<Add, 1, 0, 4> => Store<Sb, 1, 4>;
    Rr<Add, 1, 1, 0> => Ri<Add, 6, 5> Load<Lh, 4, 1> Load<Lw, 8, 1> Load<Ld, 0, 1> Load<Ld, 1, 1> Load<Lhu, 1, 1>
        Branch<Eq, 2, 4> Branch<Eq, 8, 4>;
    Rr<Add, 1, 1, 2> => Rr<Add, 1, 1, 3> Rr<Sub, 1, 1, 4> Ri<Sll, 1, 1> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Load<Lw, 1, 1> Load<Lw, 2, 1> Load<Lw, 4, 1> Load<Ld, 0, 1> Load<Ld, 1, 1> Load<Ld, 2, 1> Load<Ld, 3, 1>
        Load<Ld, 4, 1> Load<Ld, 7, 1> Load<Ld, 8, 1> Load<Lbu, 1, 1> Load<Lbu, 2, 1> Load<Lbu, 4, 1> Load<Lhu, 1, 1>
        Load<Lhu, 2, 1> Store<Sw, 1, 4> Store<Sd, 0, 1> Store<Sd, 1, 0> Store<Sd, 1, 4> Store<Sd, 4, 1>
        Store<Sd, 6, 1> Branch<Eq, 2, 4> Branch<Ne, 2, 4> Branch<Ltu, 4, 4> Jump<1> GotoFar;
    Rr<Add, 1, 1, 3> => Rr<Add, 0, 0, 3> Rr<Add, 2, 2, 3> Rr<Sub, 1, 1, 2> Ri<Sll, 1, 1> Ri<Sll, 2, 2> Ri<Addw, 1, 1>
        Ri<Second, 3, 4> Load<Lw, 1, 1> Load<Lw, 3, 1> Load<Lw, 8, 1> Load<Ld, 0, 1> Load<Ld, 1, 1> Load<Ld, 3, 1>
        Load<Lbu, 1, 1> Load<Lhu, 1, 1> Load<Lhu, 3, 1> Store<Sw, 1, 7> Store<Sd, 1, 4> Branch<Eq, 1, 4>
        Branch<Ltu, 1, 4>;
    Rr<Add, 1, 1, 4> => Rr<Add, 1, 1, 0> Rr<Add, 1, 1, 4> Rr<Add, 2, 2, 4> Rr<Add, 3, 7, 2> Ri<Add, 2, 2>
        Ri<Add, 7, 2> Ri<Sll, 1, 1> Ri<Sll, 4, 1> Ri<Addw, 4, 4> Ri<Second, 2, 4> Load<Lw, 1, 1> Load<Lw, 2, 1>
        Load<Lw, 2, 2> Load<Lw, 3, 1> Load<Lw, 3, 3> Load<Lw, 4, 1> Load<Lw, 7, 1> Load<Lw, 8, 1> Load<Ld, 0, 1>
        Load<Ld, 1, 1> Load<Ld, 2, 1> Load<Ld, 3, 1> Load<Ld, 4, 1> Load<Ld, 4, 5> Load<Ld, 7, 1> Load<Ld, 8, 1>
        Load<Lbu, 1, 1> Load<Lbu, 2, 1> Load<Lbu, 2, 2> Load<Lbu, 4, 1> Load<Lbu, 4, 2> Load<Lhu, 1, 1>
        Load<Lhu, 2, 1> Store<Sb, 1, 4> Store<Sw, 1, 2> Store<Sw, 1, 3> Store<Sw, 1, 4> Store<Sd, 1, 0>
        Store<Sd, 1, 2> Store<Sd, 1, 4> Store<Sd, 4, 0> Store<Sd, 4, 1> Store<Sd, 6, 1> Branch<Lt, 2, 4>
        Branch<Ltu, 7, 0> Branch<Ltu, 8, 7> Jump<1> GotoFar;
    Rr<Add, 1, 1, 6> => Load<Lw, 1, 1> Load<Ld, 0, 1> Load<Lbu, 1, 1> Store<Sb, 1, 4>;
    Rr<Add, 1, 1, 7> => Load<Lh, 4, 1>;
    Rr<Add, 1, 1, 8> => Load<Lw, 1, 1> Load<Ld, 0, 1> Load<Ld, 1, 1> Load<Lbu, 3, 7> Load<Lhu, 1, 1> Store<Sd, 1, 1>
        Store<Sd, 4, 1> Branch<Ltu, 7, 3> Jump<1>;
    Rr<Add, 1, 2, 0> => Rr<Add, 3, 3, 4> Load<Lbu, 1, 1>;
    Rr<Add, 1, 2, 3> => Ri<Sll, 1, 1>;
    Rr<Add, 1, 3, 4> => Rr<Add, 4, 3, 4>;
    Rr<Add, 1, 4, 2> => Load<Lbu, 1, 1>;
    Rr<Add, 1, 4, 4> => Ri<Sll, 1, 1> Load<Lw, 1, 1> Load<Lw, 4, 1> Load<Lw, 6, 1> Load<Ld, 1, 1> Load<Ld, 4, 1>
        Load<Lbu, 1, 1> Load<Lbu, 4, 1> Store<Sb, 1, 4> Store<Sd, 1, 4> Branch<Eq, 0, 4> Branch<Lt, 0, 4>;
    Rr<Add, 1, 4, 6> => Load<Lbu, 1, 1>;
    Rr<Add, 1, 6, 4> => Ri<First, 2, 4>;
    Rr<Add, 2, 0, 4> => Rr<Add, 2, 2, 4>;
    Rr<Add, 2, 2, 0> => Rr<Add, 1, 1, 4>;
    Rr<Add, 2, 2, 1> => Load<Ld, 1, 2> Store<Sw, 2, 8> Store<Sd, 2, 4>;
    Rr<Add, 2, 2, 3> => Rr<Add, 1, 1, 4> Ri<Sll, 2, 2> Ri<Second, 1, 4> Load<Lw, 2, 2> Load<Ld, 2, 2> Load<Ld, 3, 2>
        Load<Ld, 4, 2> Load<Lbu, 2, 2> Load<Lhu, 3, 2> Load<Lwu, 3, 2> Store<Sb, 2, 1> Store<Sd, 2, 4>
        Store<Sd, 4, 2> Branch<Ne, 1, 8> Jump<2>;
    Rr<Add, 2, 2, 4> => Rr<Add, 1, 1, 4> Rr<Add, 2, 2, 1> Rr<Sll, 8, 4, 1> Ri<Second, 8, 4> Load<Lw, 2, 2>
        Load<Lw, 4, 2> Load<Ld, 0, 2> Load<Ld, 0, 4> Load<Ld, 2, 2> Load<Ld, 3, 2> Load<Ld, 4, 2> Load<Ld, 8, 2>
        Load<Lbu, 1, 2> Load<Lbu, 2, 2> Load<Lhu, 2, 2> Load<Lhu, 3, 2> Store<Sw, 2, 1> Store<Sw, 2, 3>
        Store<Sd, 1, 2> Store<Sd, 2, 3> Store<Sd, 2, 4> Jump<2> GotoFar;
    Rr<Add, 2, 2, 6> => Ri<Add, 3, 3>;
    Rr<Add, 2, 2, 7> => Rr<Sub, 4, 1, 2> Load<Lbu, 2, 2> Load<Lhu, 2, 2> Branch<Eq, 8, 2>;
    Rr<Add, 2, 2, 8> => Load<Lw, 3, 2> Load<Ld, 2, 2> Branch<Ltu, 4, 2> Jump<2>;
    Rr<Add, 2, 4, 1> => Load<Lbu, 2, 2> Load<Lbu, 3, 2> Load<Lbu, 3, 3>;
    Rr<Add, 2, 4, 4> => Ri<Sll, 2, 2> Load<Ld, 2, 2> Load<Lbu, 2, 2> Store<Sd, 2, 1>;
    Rr<Add, 2, 6, 4> => Ri<First, 3, 4>;
    Rr<Add, 2, 7, 1> => Load<Lw, 2, 2>;
    Rr<Add, 2, 8, 4> => Load<Ld, 1, 7>;
    Rr<Add, 3, 1, 4> => Load<Lbu, 3, 3>;
    Rr<Add, 3, 2, 1> => Load<Lhu, 3, 3>;
    Rr<Add, 3, 2, 6> => Store<Sb, 3, 4>;
    Rr<Add, 3, 3, 1> => Rr<Add, 1, 1, 7> Ri<Sll, 7, 8> Load<Ld, 0, 3> Load<Ld, 1, 3> GotoFar;
    Rr<Add, 3, 3, 2> => Load<Ld, 1, 3>;
    Rr<Add, 3, 3, 4> => Ri<Second, 8, 4> Load<Lw, 3, 3> Load<Ld, 3, 3> Load<Ld, 7, 3> Load<Lbu, 3, 3> Load<Lhu, 3, 3>
        Branch<Geu, 1, 0> GotoFar;
    Rr<Add, 3, 3, 7> => Ri<Sll, 4, 8>;
    Rr<Add, 3, 3, 8> => Load<Lw, 3, 3> Load<Ld, 3, 3> Load<Lbu, 3, 3> Store<Sd, 3, 4>;
    Rr<Add, 3, 4, 0> => Rr<Add, 3, 3, 8>;
    Rr<Add, 3, 4, 1> => Load<Lbu, 3, 3>;
    Rr<Add, 3, 4, 2> => Load<Lbu, 0, 3>;
    Rr<Add, 3, 4, 4> => Load<Lbu, 2, 3> Load<Lbu, 3, 3> Branch<Ltu, 7, 1>;
    Rr<Add, 3, 4, 8> => Rr<Add, 3, 3, 4>;
    Rr<Add, 3, 6, 2> => Load<Lbu, 4, 4>;
    Rr<Add, 3, 7, 1> => Load<Lw, 8, 3>;
    Rr<Add, 3, 8, 2> => Store<Sw, 3, 1>;
    Rr<Add, 4, 1, 3> => Branch<Eq, 2, 4>;
    Rr<Add, 4, 1, 4> => Rr<Sub, 7, 6, 4>;
    Rr<Add, 4, 4, 0> => Ri<Second, 1, 4> Ri<Second, 7, 4> Load<Lbu, 1, 4> Load<Lbu, 2, 4> Load<Lhu, 1, 4>
        Branch<Ltu, 4, 4> Branch<Geu, 4, 4> GotoFar;
    Rr<Add, 4, 4, 1> => Rr<Add, 4, 4, 0> Ri<Add, 4, 4> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Constant<4> Load<Lw, 4, 4> Load<Ld, 0, 4> Load<Ld, 1, 4> Load<Ld, 4, 4> Load<Lbu, 4, 4>
        Load<Lhu, 1, 4> Store<Sb, 4, 4> Store<Sd, 4, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Ltu, 4, 4> GotoFar;
    Rr<Add, 4, 4, 2> => Rr<Add, 4, 4, 1> Load<Ld, 1, 4> Load<Ld, 2, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 3>
        Branch<Ltu, 1, 4> GotoFar;
    Rr<Add, 4, 4, 3> => Load<Lbu, 4, 4>;
    Rr<Add, 4, 4, 4> => Rr<Add, 1, 1, 4> Rr<Add, 4, 4, 4> Rr<Sub, 4, 4, 4> Ri<Add, 4, 4> Ri<Sll, 4, 4> Ri<Srl, 4, 4>
        Ri<First, 0, 4> Ri<First, 4, 4> Ri<First, 7, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Constant<4> Load<Lw, 0, 4> Load<Lw, 1, 4> Load<Lw, 4, 4> Load<Ld, 1, 4> Load<Ld, 2, 4> Load<Ld, 4, 4>
        Load<Ld, 4, 5> Load<Lbu, 1, 4> Load<Lbu, 4, 4> Store<Sb, 4, 4> Store<Sw, 4, 4> Store<Sd, 4, 1>
        Store<Sd, 4, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 4> Branch<Ne, 0, 4> Branch<Lt, 4, 4> Branch<Ltu, 2, 4>
        Branch<Ltu, 4, 4> Branch<Geu, 4, 4> GotoFar;
    Rr<Add, 4, 4, 6> => Ri<Second, 4, 4> Store<Sb, 4, 4> GotoFar;
    Rr<Add, 6, 4, 4> => Branch<Ne, 4, 4>;
    Rr<Add, 6, 6, 1> => Load<Lhu, 2, 6>;
    Rr<Add, 6, 6, 3> => Ri<Second, 4, 4>;
    Rr<Add, 6, 6, 4> => Load<Lw, 1, 6> Branch<Eq, 0, 4>;
    Rr<Add, 7, 7, 0> => Rr<Add, 3, 0, 2> Branch<Eq, 7, 1>;
    Rr<Add, 7, 7, 1> => Rr<Add, 0, 0, 7> Ri<Second, 4, 4> Constant<4> Call<4, 4>;
    Rr<Add, 7, 7, 2> => Ri<Add, 3, 3> Ri<Sll, 8, 4> Ri<First, 0, 1>;
    Rr<Add, 7, 7, 4> => Rr<Sub, 8, 8, 4> Ri<Add, 4, 4> Ri<First, 0, 4> Ri<Second, 4, 4> Constant<4> GotoFar;
    Rr<Add, 8, 1, 4> => Ri<Second, 3, 4>;
    Rr<Add, 8, 3, 0> => Branch<Eq, 3, 4>;
    Rr<Add, 8, 4, 1> => Rr<Add, 3, 4, 1> Rr<Add, 3, 7, 1>;
    Rr<Add, 8, 4, 2> => Ri<Add, 4, 4>;
    Rr<Add, 8, 8, 0> => Rr<Add, 7, 7, 0>;
    Rr<Add, 8, 8, 2> => Ri<Second, 7, 4>;
    Rr<Add, 8, 8, 3> => Load<Lhu, 8, 8>;
    Rr<Add, 8, 8, 4> => Rr<Or, 1, 1, 2> Load<Lw, 8, 8> Load<Ld, 8, 8>;
    Rr<Add, 8, 8, 7> => Ri<Or, 3, 3> Ri<Sll, 3, 1> Store<Sd, 8, 4>;
    Rr<Sub, 0, 0, 1> => Ri<Sltu, 0, 0>;
    Rr<Sub, 0, 0, 4> => Store<Sw, 4, 0>;
    Rr<Sub, 1, 0, 4> => Ri<First, 0, 4>;
    Rr<Sub, 1, 1, 2> => Rr<And, 2, 8, 4> Ri<Sll, 1, 1> Ri<Sra, 1, 1> Ri<Second, 2, 4> Store<Sd, 4, 1>;
    Rr<Sub, 1, 1, 4> => Ri<Sll, 1, 1> Store<Sh, 4, 1>;
    Rr<Sub, 1, 4, 1> => Ri<Sra, 1, 1>;
    Rr<Sub, 1, 4, 4> => Branch<Ltu, 4, 1>;
    Rr<Sub, 2, 4, 2> => Ri<Add, 1, 1>;
    Rr<Sub, 2, 4, 4> => Ri<Sra, 2, 2>;
    Rr<Sub, 3, 1, 3> => Rr<Add, 8, 4, 3>;
    Rr<Sub, 3, 3, 1> => Rr<Add, 2, 2, 1> Load<Ld, 1, 2>;
    Rr<Sub, 4, 4, 0> => Rr<Add, 4, 4, 0> Ri<Add, 4, 4>;
    Rr<Sub, 4, 4, 1> => Rr<Add, 4, 4, 1>;
    Rr<Sub, 4, 4, 2> => Branch<Eq, 4, 4>;
    Rr<Sub, 4, 4, 4> => Rr<Add, 1, 4, 4> Rr<Add, 4, 4, 4> Ri<Sra, 4, 4> Ri<Second, 4, 4> Branch<Geu, 4, 4> GotoFar;
    Rr<Sub, 5, 5, 1> => Ri<First, 7, 4>;
    Rr<Sub, 6, 4, 4> => Ri<First, 2, 4>;
    Rr<Sub, 6, 6, 1> => Branch<Ltu, 1, 4>;
    Rr<Sub, 6, 6, 4> => Branch<Ne, 6, 4>;
    Rr<Sub, 7, 1, 4> => Rr<Add, 0, 4, 4>;
    Rr<Sub, 7, 4, 4> => Rr<Add, 0, 4, 4> Ri<First, 0, 4>;
    Rr<Sub, 8, 1, 8> => Constant<4>;
    Rr<Sub, 8, 4, 0> => Branch<Ge, 4, 8>;
    Rr<Sub, 8, 4, 4> => Load<Ld, 4, 5> Branch<Lt, 4, 8>;
    Rr<Sub, 8, 8, 1> => Ri<Second, 4, 4>;
    Rr<Sub, 8, 8, 7> => Ri<Second, 4, 4>;
    Rr<And, 0, 0, 2> => Ri<Addw, 0, 0>;
    Rr<And, 0, 2, 4> => Ri<Sllw, 4, 4>;
    Rr<And, 1, 1, 0> => Branch<Ne, 1, 4>;
    Rr<And, 1, 1, 2> => Ri<Add, 2, 3> Ri<Addw, 1, 1> Ri<Second, 2, 4> Store<Sd, 4, 1> Branch<Eq, 1, 4>
        Branch<Ne, 1, 4>;
    Rr<And, 1, 1, 3> => Rr<Or, 1, 1, 2> Ri<Second, 7, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 2> Branch<Ne, 1, 4>;
    Rr<And, 1, 1, 4> => Rr<Or, 1, 1, 2> Rr<Or, 1, 1, 3> Rr<Or, 1, 1, 8> Rr<Or, 3, 3, 4> Rr<Or, 7, 7, 1>
        Rr<Or, 7, 7, 2> Ri<Addw, 1, 1> Ri<First, 7, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Rr<And, 1, 1, 7> => Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Rr<And, 1, 1, 8> => Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Rr<And, 1, 4, 1> => Ri<Second, 7, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Rr<And, 1, 4, 4> => Ri<Add, 4, 4>;
    Rr<And, 2, 1, 4> => Branch<Ne, 2, 4>;
    Rr<And, 2, 2, 0> => Rr<Or, 1, 1, 2>;
    Rr<And, 2, 2, 1> => Branch<Ne, 2, 4>;
    Rr<And, 2, 2, 3> => Rr<Or, 1, 1, 2> Ri<Add, 1, 1> Branch<Eq, 2, 4> Branch<Ne, 2, 4> GotoFar;
    Rr<And, 2, 2, 4> => Rr<Add, 1, 1, 2> Rr<Or, 1, 1, 2> Rr<Or, 1, 1, 3> Ri<Srlw, 1, 1> Ri<Srlw, 4, 4>
        Branch<Eq, 2, 4> Branch<Ne, 2, 4> Branch<Geu, 3, 7>;
    Rr<And, 2, 2, 7> => Branch<Ne, 8, 2>;
    Rr<And, 2, 2, 8> => Rr<Or, 2, 2, 3> Branch<Eq, 2, 4>;
    Rr<And, 2, 3, 7> => Ri<Add, 4, 4>;
    Rr<And, 2, 4, 2> => Branch<Eq, 2, 4>;
    Rr<And, 2, 4, 4> => Rr<Add, 3, 3, 1>;
    Rr<And, 3, 3, 0> => Ri<Srlw, 1, 1>;
    Rr<And, 3, 3, 4> => Rr<Or, 1, 1, 3> Rr<Or, 2, 2, 3> Ri<Srlw, 1, 1> Ri<Srlw, 2, 2> Ri<Srlw, 4, 4> Branch<Ne, 3, 4>;
    Rr<And, 3, 3, 7> => Rr<Or, 2, 2, 8> Load<Ld, 0, 1> Branch<Eq, 3, 4> Branch<Eq, 3, 7> Branch<Ne, 3, 7>;
    Rr<And, 3, 3, 8> => Ri<Add, 2, 2>;
    Rr<And, 4, 1, 4> => Ri<Sllw, 1, 4>;
    Rr<And, 4, 4, 1> => Branch<Eq, 4, 4>;
    Rr<And, 4, 4, 4> => Rr<Or, 7, 7, 4> Rr<Or, 8, 8, 4> Ri<Sll, 0, 0> Ri<Srlw, 1, 1> Ri<Srlw, 3, 3> Load<Lw, 3, 4>
        Branch<Ne, 4, 4>;
    Rr<And, 4, 4, 7> => Branch<Eq, 4, 7>;
    Rr<And, 7, 7, 4> => Ri<Srlw, 1, 1>;
    Rr<And, 8, 0, 4> => Rr<Or, 2, 2, 4>;
    Rr<And, 8, 2, 4> => Branch<Eq, 8, 4>;
    Rr<And, 8, 3, 4> => Rr<Xor, 8, 8, 1>;
    Rr<And, 8, 4, 4> => Rr<And, 4, 4, 4>;
    Rr<And, 8, 8, 4> => Rr<Add, 1, 1, 8> Ri<Sll, 3, 2> Ri<Srl, 3, 2> Branch<Ne, 7, 4>;
    Rr<And, 8, 8, 7> => Ri<Add, 3, 3> Branch<Ne, 8, 4>;
    Rr<Or, 0, 0, 1> => Ri<Sll, 0, 0> Ri<Addw, 0, 0> Ri<Second, 4, 4>;
    Rr<Or, 0, 0, 2> => Rr<Or, 7, 7, 1>;
    Rr<Or, 0, 0, 3> => Rr<Or, 7, 7, 2>;
    Rr<Or, 0, 0, 4> => Rr<And, 3, 3, 4> Rr<Or, 2, 2, 3> Ri<Sll, 2, 2> Ri<Addw, 4, 0> Load<Lbu, 4, 4>;
    Rr<Or, 0, 0, 8> => Rr<Or, 2, 2, 4>;
    Rr<Or, 1, 1, 0> => Ri<Srlw, 2, 2>;
    Rr<Or, 1, 1, 2> => Rr<Add, 2, 8, 0> Rr<And, 4, 4, 4> Rr<Or, 0, 0, 1> Rr<Or, 1, 1, 3> Rr<Or, 4, 4, 1>
        Rr<Or, 7, 7, 1> Ri<Sll, 1, 1> Ri<Sll, 2, 1> Ri<Addw, 1, 1> Ri<First, 3, 4> Ri<Second, 2, 4> Load<Lbu, 2, 4>
        Load<Lbu, 2, 6> Store<Sb, 4, 1> Store<Sb, 6, 1> Store<Sh, 4, 1> Store<Sw, 4, 1> Store<Sd, 4, 1>
        Store<Sd, 4, 8> Store<Sd, 8, 1> Branch<Eq, 1, 4> Branch<Ne, 1, 4> GotoFar;
    Rr<Or, 1, 1, 3> => Rr<And, 2, 2, 4> Rr<And, 4, 4, 4> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Addw, 1, 1> Ri<Sllw, 8, 8>
        Ri<Srlw, 4, 4> Load<Ld, 3, 6> Branch<Ne, 1, 4> Branch<Ne, 4, 4> GotoFar;
    Rr<Or, 1, 1, 4> => Rr<And, 3, 3, 4> Rr<And, 4, 4, 4> Rr<Or, 8, 8, 4> Ri<Srlw, 4, 4> Ri<Second, 2, 4>
        Store<Sw, 4, 1> Store<Sd, 4, 1> Branch<Ne, 0, 4>;
    Rr<Or, 1, 1, 7> => Rr<And, 8, 8, 4> Branch<Eq, 1, 4>;
    Rr<Or, 1, 1, 8> => Rr<And, 2, 2, 3> Rr<And, 3, 3, 4> Rr<And, 4, 4, 4> Rr<Or, 1, 1, 2> Ri<Srlw, 3, 3>
        Store<Sd, 4, 1>;
    Rr<Or, 1, 4, 4> => Branch<Eq, 1, 4>;
    Rr<Or, 2, 2, 0> => Rr<And, 8, 8, 4> Ri<Add, 3, 3> Ri<Srlw, 1, 1>;
    Rr<Or, 2, 2, 1> => Rr<And, 3, 3, 4> Ri<Sll, 2, 2> Ri<Sllw, 2, 2> Load<Lbu, 1, 4> Load<Lbu, 1, 6>;
    Rr<Or, 2, 2, 3> => Rr<And, 1, 1, 4> Rr<And, 1, 1, 7> Rr<Or, 0, 0, 2> Rr<Or, 2, 2, 8> Rr<Or, 4, 4, 0>
        Rr<Or, 7, 7, 2> Ri<Sll, 1, 1> Ri<Sll, 4, 4> Ri<Addw, 2, 2> Ri<Second, 4, 4> Load<Lbu, 3, 1> Load<Lbu, 3, 4>
        Store<Sd, 1, 2> Branch<Ne, 2, 4>;
    Rr<Or, 2, 2, 4> => Rr<And, 1, 1, 7> Rr<And, 4, 4, 4> Ri<Srlw, 1, 1> Store<Sd, 1, 2>;
    Rr<Or, 2, 2, 7> => Rr<And, 1, 1, 4> Rr<And, 3, 3, 4>;
    Rr<Or, 2, 2, 8> => Rr<And, 1, 1, 3> Ri<Sllw, 1, 1> Store<Sd, 1, 2>;
    Rr<Or, 3, 3, 1> => Ri<Addw, 3, 3> Load<Lbu, 1, 6> Call<4, 4>;
    Rr<Or, 3, 3, 2> => Load<Lbu, 2, 1> Load<Lbu, 2, 4> Load<Lbu, 2, 6>;
    Rr<Or, 3, 3, 4> => Rr<Or, 3, 3, 4> Ri<Sll, 2, 2> Ri<Sllw, 2, 2> Load<Lbu, 2, 4>;
    Rr<Or, 3, 3, 7> => Rr<And, 8, 8, 4> Ri<Addw, 3, 3>;
    Rr<Or, 3, 3, 8> => Rr<Or, 3, 3, 7> Ri<Sll, 2, 2> Load<Lbu, 8, 4> Store<Sd, 2, 3>;
    Rr<Or, 4, 1, 4> => Branch<Ne, 3, 0> Branch<Ne, 7, 0>;
    Rr<Or, 4, 2, 1> => Constant<4>;
    Rr<Or, 4, 4, 0> => Rr<Or, 4, 4, 2> Rr<Or, 4, 4, 4> Ri<Addw, 4, 4>;
    Rr<Or, 4, 4, 1> => Ri<And, 1, 4> Ri<Sll, 4, 4> Constant<4> Branch<Ne, 4, 4>;
    Rr<Or, 4, 4, 2> => Branch<Eq, 1, 4>;
    Rr<Or, 4, 4, 4> => Rr<Or, 0, 0, 4> Rr<Or, 4, 4, 4> Ri<Sll, 0, 0> Ri<Sll, 4, 4> Ri<Sll, 7, 7> Ri<Sll, 8, 8>
        Ri<Addw, 4, 4> Load<Lbu, 4, 1>;
    Rr<Or, 7, 7, 0> => Rr<And, 3, 3, 8>;
    Rr<Or, 7, 7, 1> => Rr<And, 4, 4, 4> Ri<First, 0, 4> Constant<4>;
    Rr<Or, 7, 7, 2> => Rr<And, 1, 1, 4> Rr<Or, 7, 7, 1> Ri<Addw, 3, 3> Ri<Srlw, 4, 4>;
    Rr<Or, 7, 7, 3> => Rr<And, 1, 1, 2> Rr<And, 1, 1, 4> Rr<And, 2, 2, 4>;
    Rr<Or, 7, 7, 4> => Rr<And, 2, 2, 4> Rr<And, 3, 3, 4> Rr<Or, 2, 2, 4> Rr<Or, 7, 7, 4> Ri<Sll, 3, 3> Constant<4>;
    Rr<Or, 7, 7, 8> => Rr<And, 3, 3, 4>;
    Rr<Or, 8, 8, 0> => Rr<And, 7, 7, 4> Ri<Srlw, 4, 4>;
    Rr<Or, 8, 8, 1> => Ri<Addw, 8, 8> Constant<4> Load<Lbu, 1, 6>;
    Rr<Or, 8, 8, 2> => Ri<Addw, 3, 3>;
    Rr<Or, 8, 8, 3> => Constant<4>;
    Rr<Or, 8, 8, 4> => Rr<And, 1, 1, 4> Rr<And, 3, 3, 4> Rr<Or, 2, 2, 4>;
    Rr<Or, 8, 8, 7> => Ri<Sll, 3, 3>;
    Rr<Xor, 1, 1, 2> => Ri<Second, 2, 4>;
    Rr<Xor, 1, 1, 3> => Ri<Second, 3, 4>;
    Rr<Xor, 1, 4, 1> => Rr<And, 1, 1, 3>;
    Rr<Xor, 2, 2, 3> => Ri<Second, 3, 4>;
    Rr<Xor, 4, 4, 4> => Branch<Eq, 4, 4>;
    Rr<Xor, 8, 8, 4> => Rr<Or, 1, 1, 8>;
    Rr<Sll, 1, 0, 2> => Ri<Add, 8, 2>;
    Rr<Sll, 1, 0, 3> => Rr<Sub, 8, 4, 1>;
    Rr<Sll, 1, 1, 3> => Ri<Xor, 1, 1>;
    Rr<Sll, 1, 3, 0> => Branch<Ltu, 1, 2>;
    Rr<Sll, 1, 4, 1> => Rr<Sub, 1, 4, 1> Rr<Or, 1, 1, 2> Ri<Add, 2, 4> Ri<Add, 4, 0> Ri<Add, 8, 3>;
    Rr<Sll, 1, 8, 0> => Rr<Sub, 2, 4, 1>;
    Rr<Sll, 2, 2, 3> => Ri<Sraw, 7, 7>;
    Rr<Sll, 2, 2, 7> => Rr<Or, 1, 1, 2>;
    Rr<Sll, 2, 2, 8> => Ri<Second, 3, 4>;
    Rr<Sll, 2, 8, 2> => Rr<Or, 2, 2, 3>;
    Rr<Sll, 4, 0, 8> => Branch<Ne, 4, 4>;
    Rr<Sll, 4, 4, 4> => Rr<Add, 4, 4, 4> Rr<Sub, 4, 4, 4>;
    Rr<Sll, 7, 4, 3> => Rr<Add, 1, 1, 6>;
    Rr<Sll, 7, 7, 0> => Store<Sd, 6, 7>;
    Rr<Sll, 8, 4, 8> => Rr<Add, 8, 8, 4>;
    Rr<Srl, 1, 1, 0> => Ri<And, 1, 1>;
    Rr<Srl, 1, 1, 2> => Ri<And, 1, 1>;
    Rr<Srl, 1, 1, 3> => Ri<And, 1, 1>;
    Rr<Srl, 1, 1, 4> => Ri<And, 1, 1>;
    Rr<Srl, 1, 1, 7> => Rr<And, 1, 1, 2>;
    Rr<Srl, 1, 1, 8> => Ri<And, 1, 1>;
    Rr<Srl, 1, 2, 1> => Ri<And, 1, 1>;
    Rr<Srl, 1, 4, 4> => Ri<And, 1, 1>;
    Rr<Srl, 2, 2, 3> => Rr<And, 2, 2, 1> Ri<And, 2, 2>;
    Rr<Srl, 2, 2, 8> => Ri<And, 2, 2>;
    Rr<Srl, 4, 4, 4> => Ri<And, 4, 4>;
    Rr<Sltu, 0, 4, 0> => Ri<Add, 5, 5> Store<Sb, 4, 0> GotoFar;
    Rr<Sltu, 1, 4, 1> => Rr<And, 4, 4, 2> Ri<Sllw, 1, 1>;
    Rr<Sltu, 3, 4, 1> => Rr<And, 4, 4, 2>;
    Rr<Sltu, 4, 6, 7> => Rr<Sltu, 4, 4, 1>;
    Rr<Sltu, 7, 4, 7> => Rr<Sub, 6, 4, 6>;
    Rr<Addw, 0, 0, 4> => Ri<Second, 7, 4>;
    Rr<Addw, 0, 4, 7> => Ri<Second, 8, 4>;
    Rr<Addw, 1, 1, 0> => Ri<Sraw, 1, 1> Ri<Second, 2, 4> Store<Sw, 4, 1>;
    Rr<Addw, 1, 1, 2> => Ri<Sraw, 1, 1> Ri<Second, 2, 4> Store<Sw, 4, 1> Store<Sw, 6, 1> Branch<Ne, 1, 4>;
    Rr<Addw, 1, 1, 4> => Ri<Sll, 1, 1> Ri<Sllw, 1, 1> Ri<Sraw, 1, 1> Store<Sw, 4, 1>;
    Rr<Addw, 1, 1, 7> => Ri<Sraw, 1, 1>;
    Rr<Addw, 2, 2, 4> => Store<Sw, 1, 2>;
    Rr<Addw, 2, 4, 4> => Ri<Sllw, 2, 2>;
    Rr<Addw, 2, 7, 1> => Rr<Sll, 2, 4, 2>;
    Rr<Addw, 2, 8, 1> => Ri<Sll, 2, 2>;
    Rr<Addw, 4, 0, 4> => Ri<Sll, 4, 4> Load<Ld, 4, 4>;
    Rr<Addw, 4, 1, 4> => Branch<Ne, 4, 4>;
    Rr<Addw, 4, 4, 0> => Ri<First, 4, 4>;
    Rr<Addw, 4, 4, 1> => Ri<Add, 4, 4>;
    Rr<Addw, 4, 4, 4> => Rr<Addw, 4, 4, 4> Ri<Addw, 4, 4> Ri<Second, 1, 4> Branch<Eq, 4, 4> Branch<Geu, 4, 1>;
    Rr<Addw, 8, 8, 2> => Ri<Addw, 2, 3>;
    Rr<Subw, 0, 0, 1> => Ri<Add, 5, 5>;
    Rr<Subw, 1, 1, 2> => Ri<Sll, 2, 1> Branch<Lt, 1, 4>;
    Rr<Subw, 1, 1, 4> => Rr<Addw, 1, 1, 3> Ri<Sll, 1, 1> Store<Sw, 4, 1>;
    Rr<Subw, 1, 4, 1> => Rr<And, 1, 1, 2>;
    Rr<Subw, 1, 4, 4> => Ri<Sll, 1, 1>;
    Rr<Subw, 2, 2, 4> => Ri<First, 8, 2> Branch<Ne, 1, 4>;
    Rr<Subw, 2, 4, 0> => Ri<Second, 0, 4>;
    Rr<Subw, 4, 4, 4> => Load<Ld, 4, 5> Branch<Eq, 0, 4> Branch<Eq, 4, 4> GotoFar;
    Rr<Subw, 4, 4, 7> => Store<Sw, 4, 4>;
    Rr<Subw, 7, 4, 4> => Ri<First, 3, 4> Constant<8>;
    Rr<Subw, 7, 4, 7> => Ri<First, 0, 4> Call<4, 1>;
    Rr<Subw, 8, 8, 3> => Ri<Sll, 3, 8>;
    Rr<Srlw, 1, 1, 3> => Ri<And, 1, 1>;
    Rr<Sraw, 1, 1, 2> => Ri<And, 1, 1>;
    Rr<Sraw, 1, 4, 4> => Ri<And, 1, 1>;
    Rr<Mul, 4, 2, 4> => Ri<Sll, 1, 1>;
    Rr<Mul, 6, 6, 2> => Load<Ld, 3, 3>;
    Rr<Divu, 4, 4, 1> => Store<Sw, 4, 4>;
    Rr<Divu, 4, 4, 4> => Branch<Geu, 4, 1>;
    Ri<Add, 0, 0> => Rr<Add, 0, 0, 4> Rr<Add, 1, 2, 0> Rr<Add, 4, 4, 0> Rr<Add, 4, 4, 1> Rr<Add, 6, 6, 0>
        Rr<And, 1, 1, 0> Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<Add, 5, 5> Ri<Add, 7, 7> Ri<Add, 8, 8> Ri<Srl, 7, 7>
        Ri<Sltu, 0, 0> Ri<Addw, 7, 7> Ri<Sllw, 7, 1> Ri<Sllw, 8, 1> Ri<First, 4, 7> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4>
        Load<Ld, 4, 4> Store<Sb, 2, 1> Store<Sd, 0, 1> Store<Sd, 3, 0> Store<Sd, 5, 1> Store<Sd, 5, 4>
        Store<Sd, 5, 6> Store<Sd, 6, 1> Store<Sd, 6, 4> Branch<Eq, 0, 8> Branch<Eq, 1, 2> Branch<Eq, 1, 4>
        Branch<Eq, 3, 8> Branch<Eq, 8, 4> Branch<Ne, 1, 4> Branch<Ne, 1, 8> Branch<Ne, 4, 4> Branch<Lt, 1, 4>
        Branch<Lt, 2, 4> Branch<Geu, 3, 7> Jump<4> GotoFar;
    Ri<Add, 0, 1> => Rr<Sub, 0, 0, 7> Ri<Add, 5, 5> Ri<Sltu, 3, 3> Ri<Second, 3, 4> Ri<Second, 4, 4>;
    Ri<Add, 0, 2> => Constant<4>;
    Ri<Add, 0, 4> => Rr<And, 1, 1, 4> Ri<Add, 7, 6> Ri<First, 7, 4> Ri<Second, 1, 4> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Branch<Eq, 1, 4>;
    Ri<Add, 0, 5> => Ri<Second, 4, 4> Store<Sd, 5, 1> Store<Sd, 5, 4>;
    Ri<Add, 0, 6> => Ri<First, 7, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Store<Sd, 6, 1>
        Store<Sd, 6, 3> Store<Sd, 6, 4>;
    Ri<Add, 1, 0> => Load<Lw, 1, 1> Store<Sw, 0, 4> Store<Sd, 0, 1> Store<Sd, 5, 1> Branch<Ltu, 4, 1>
        Branch<Geu, 4, 1>;
    Ri<Add, 1, 1> => Rr<Add, 1, 1, 0> Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 3> Rr<Add, 1, 1, 4> Rr<Add, 1, 1, 5>
        Rr<Add, 2, 2, 3> Rr<Add, 4, 4, 1> Rr<Sub, 1, 4, 1> Rr<And, 1, 1, 2> Rr<And, 1, 4, 1> Rr<Or, 4, 4, 1>
        Rr<Mul, 1, 1, 4> Ri<Add, 0, 0> Ri<Add, 2, 2> Ri<Add, 2, 4> Ri<Add, 3, 3> Ri<Add, 4, 2> Ri<Add, 4, 4>
        Ri<Add, 7, 7> Ri<Add, 8, 8> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Sll, 2, 1> Ri<Sll, 2, 2> Ri<Sll, 3, 3>
        Ri<Sll, 3, 7> Ri<Sll, 8, 8> Ri<Sltu, 1, 1> Ri<Addw, 3, 3> Ri<First, 0, 4> Ri<First, 4, 0> Ri<Second, 0, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Load<Lw, 1, 1>
        Load<Ld, 1, 1> Load<Ld, 2, 1> Load<Ld, 4, 1> Store<Sb, 1, 2> Store<Sb, 1, 7> Store<Sb, 2, 3> Store<Sw, 1, 2>
        Store<Sw, 1, 3> Store<Sw, 1, 4> Store<Sd, 1, 4> Store<Sd, 2, 1> Store<Sd, 2, 3> Store<Sd, 4, 1>
        Store<Sd, 4, 3> Store<Sd, 4, 4> Store<Sd, 5, 1> Store<Sd, 6, 1> Branch<Eq, 0, 1> Branch<Eq, 1, 3>
        Branch<Eq, 1, 4> Branch<Eq, 2, 0> Branch<Eq, 2, 1> Branch<Eq, 2, 4> Branch<Eq, 3, 1> Branch<Eq, 3, 8>
        Branch<Eq, 4, 1> Branch<Eq, 4, 4> Branch<Eq, 4, 8> Branch<Eq, 7, 1> Branch<Eq, 7, 3> Branch<Eq, 8, 1>
        Branch<Eq, 8, 4> Branch<Ne, 0, 1> Branch<Ne, 1, 0> Branch<Ne, 1, 2> Branch<Ne, 1, 3> Branch<Ne, 1, 4>
        Branch<Ne, 2, 1> Branch<Ne, 2, 4> Branch<Ne, 3, 1> Branch<Ne, 4, 1> Branch<Ne, 4, 2> Branch<Ne, 4, 4>
        Branch<Ne, 7, 4> Branch<Ltu, 1, 2> Branch<Geu, 1, 2> Branch<Geu, 1, 3> Branch<Geu, 1, 4> GotoFar;
    Ri<Add, 1, 2> => Ri<Sltu, 1, 1> Store<Sd, 4, 1> GotoFar;
    Ri<Add, 1, 3> => Rr<Divu, 1, 1, 4>;
    Ri<Add, 1, 4> => Ri<Add, 4, 4> Ri<Sll, 1, 1> Ri<First, 0, 1> Ri<First, 4, 4> Ri<Second, 0, 4> Ri<Second, 2, 4>
        Ri<Second, 3, 4> Load<Ld, 1, 1> Store<Sd, 4, 1> Store<Sd, 5, 1> Store<Sd, 5, 4> Store<Sd, 6, 1>
        Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Geu, 4, 1>;
    Ri<Add, 1, 5> => Ri<Add, 3, 5> Ri<Add, 4, 5> Ri<First, 0, 1> Ri<Second, 3, 4> Ri<Second, 4, 4> Store<Sd, 5, 1>
        Branch<Eq, 0, 1>;
    Ri<Add, 1, 6> => Ri<Add, 2, 6> Ri<Add, 8, 6> Ri<Second, 2, 4> Store<Sd, 5, 1> Store<Sd, 5, 4> Store<Sd, 6, 1>;
    Ri<Add, 1, 8> => Rr<Add, 7, 7, 1> Ri<And, 1, 1> Load<Ld, 1, 1>;
    Ri<Add, 2, 0> => Load<Lw, 7, 2>;
    Ri<Add, 2, 1> => Load<Lw, 2, 2> Store<Sw, 2, 4> Store<Sd, 4, 2> Store<Sd, 6, 2> Branch<Ltu, 6, 2>;
    Ri<Add, 2, 2> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 3> Rr<Add, 2, 2, 4> Rr<Add, 3, 3, 4> Rr<And, 1, 1, 2>
        Rr<Or, 1, 1, 2> Rr<Or, 4, 4, 3> Ri<Add, 1, 1> Ri<Add, 3, 3> Ri<Add, 4, 4> Ri<Add, 7, 7> Ri<Sll, 1, 1>
        Ri<Sll, 2, 2> Ri<Sll, 4, 4> Ri<Sll, 7, 7> Ri<Srl, 1, 1> Ri<Sltu, 2, 2> Ri<Addw, 1, 1> Ri<Addw, 4, 7>
        Ri<Srlw, 1, 1> Ri<First, 3, 4> Ri<First, 8, 0> Ri<First, 8, 3> Ri<Second, 1, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<1> Store<Sw, 2, 3> Store<Sd, 1, 2>
        Store<Sd, 3, 2> Store<Sd, 4, 2> Store<Sd, 4, 3> Store<Sd, 6, 2> Branch<Eq, 1, 2> Branch<Eq, 1, 4>
        Branch<Eq, 3, 4> Branch<Eq, 4, 2> Branch<Eq, 7, 2> Branch<Ne, 1, 3> Branch<Ne, 1, 4> Branch<Ne, 3, 4>
        Branch<Ne, 4, 2> GotoFar;
}
