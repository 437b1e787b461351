//! @generated, see above.
#![allow(unsafe_code)] // Handlers: see `op`.

#[allow(unused_imports, clippy::wildcard_imports, reason = "any part may have a step of any room")]
use crate::exec::{alu::*, flow::*, mem::*, zb::*};

crate::fused::pairs! {
    Branch<Eq, 8, 1> => Rr<Add, 7, 8, 3> Ri<Second, 1, 4> Load<Ld, 4, 5>;
    Branch<Eq, 8, 3> => Load<Lw, 4, 0> Branch<Geu, 1, 4> GotoFar;
    Branch<Eq, 8, 4> => Rr<Add, 7, 4, 3> Rr<Add, 8, 8, 0> Rr<Subw, 8, 4, 8> Ri<Add, 4, 1> Ri<Or, 1, 1> Ri<Sll, 3, 4>
        Ri<Addw, 1, 1> Ri<First, 0, 4> Ri<First, 7, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Load<Ld, 4, 5> Load<Ld, 8, 1> Load<Ld, 8, 4>
        Load<Lbu, 2, 0> Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Lt, 1, 6> GotoFar;
    Branch<Ne, 0, 1> => Ri<First, 1, 0> Ri<Second, 0, 4> Ri<Second, 1, 4> Load<Lw, 1, 6> Load<Ld, 1, 4>
        Load<Ld, 2, 6> Load<Ld, 4, 5> GotoFar;
    Branch<Ne, 0, 2> => Ri<Second, 1, 4> Load<Lw, 1, 1>;
    Branch<Ne, 0, 4> => Rr<Add, 4, 4, 4> Rr<Subw, 0, 2, 3> Rr<Subw, 1, 7, 1> Rr<Subw, 7, 3, 8> Ri<Add, 0, 4>
        Ri<Add, 1, 4> Ri<Add, 4, 4> Ri<Add, 5, 5> Ri<Add, 8, 4> Ri<And, 4, 4> Ri<Sll, 1, 4> Ri<Sll, 4, 4>
        Ri<Addw, 0, 4> Ri<Addw, 1, 4> Ri<Addw, 4, 4> Ri<Addw, 6, 6> Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 2, 4>
        Ri<First, 3, 4> Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 6, 4> Ri<Second, 7, 4> Ri<Second, 8, 4>
        Constant<1> Constant<4> Load<Lw, 0, 5> Load<Lw, 0, 6> Load<Lw, 1, 4> Load<Lw, 1, 5> Load<Lw, 1, 6>
        Load<Lw, 2, 4> Load<Lw, 2, 6> Load<Lw, 3, 4> Load<Lw, 4, 4> Load<Lw, 7, 4> Load<Lw, 8, 4> Load<Lw, 8, 6>
        Load<Ld, 0, 4> Load<Ld, 0, 5> Load<Ld, 0, 6> Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 1, 6> Load<Ld, 2, 4>
        Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 3, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 6, 5>
        Load<Ld, 7, 4> Load<Ld, 7, 5> Load<Ld, 7, 6> Load<Ld, 8, 5> Load<Ld, 8, 6> Load<Lbu, 1, 4> Load<Lbu, 1, 6>
        Load<Lbu, 2, 4> Load<Lbu, 2, 6> Load<Lbu, 4, 6> Load<Lhu, 1, 4> Load<Lwu, 1, 6> Load<Lwu, 2, 4>
        Store<Sb, 4, 4> Store<Sb, 6, 4> Store<Sw, 4, 4> Store<Sd, 4, 4> Store<Sd, 5, 4> Branch<Eq, 4, 4>
        Branch<Eq, 6, 4> Branch<Ne, 4, 4> Branch<Ge, 1, 4> Branch<Ge, 4, 4> Branch<Ltu, 4, 8> GotoFar;
    Branch<Ne, 1, 0> => Ri<Second, 0, 4>;
    Branch<Ne, 1, 2> => Ri<Add, 0, 0> Ri<Add, 1, 0> Ri<Add, 1, 4> Ri<And, 1, 4> Ri<First, 0, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Constant<2> Load<Lw, 1, 4>
        Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 2, 5> Load<Ld, 4, 5> Load<Lbu, 1, 4> Load<Lbu, 1, 6> Load<Lbu, 2, 4>
        Branch<Eq, 4, 4> GotoFar;
    Branch<Ne, 1, 3> => Rr<Or, 1, 1, 2> Ri<Second, 1, 4> Ri<Second, 4, 4> Store<Sd, 2, 2> Store<Sd, 7, 7> GotoFar;
    Branch<Ne, 1, 4> => Rr<Add, 1, 4, 6> Rr<Addw, 4, 4, 4> Rr<Subw, 4, 4, 4> Ri<Add, 0, 0> Ri<Add, 0, 4>
        Ri<Add, 2, 2> Ri<Add, 3, 3> Ri<Add, 4, 4> Ri<Add, 5, 5> Ri<Add, 5, 6> Ri<Add, 6, 6> Ri<Add, 8, 6>
        Ri<And, 1, 4> Ri<And, 3, 3> Ri<And, 4, 4> Ri<Sll, 1, 2> Ri<Sll, 4, 4> Ri<Addw, 4, 4> Ri<Addw, 7, 7>
        Ri<Addw, 8, 8> Ri<Sllw, 4, 4> Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 1, 4> Ri<First, 2, 4>
        Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 7, 6> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4>
        Load<Lw, 0, 6> Load<Lw, 1, 0> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Lw, 2, 4> Load<Lw, 3, 4> Load<Lw, 7, 4>
        Load<Lw, 7, 6> Load<Lw, 8, 4> Load<Ld, 0, 4> Load<Ld, 0, 5> Load<Ld, 0, 6> Load<Ld, 1, 0> Load<Ld, 1, 2>
        Load<Ld, 1, 3> Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 1, 6> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 2, 6>
        Load<Ld, 2, 7> Load<Ld, 3, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 6, 5> Load<Ld, 7, 4>
        Load<Ld, 8, 4> Load<Lbu, 1, 0> Load<Lbu, 1, 4> Load<Lbu, 1, 6> Load<Lbu, 2, 4> Load<Lhu, 1, 4>
        Store<Sb, 4, 4> Store<Sw, 0, 4> Store<Sw, 4, 4> Store<Sd, 4, 4> Store<Sd, 5, 4> Store<Sd, 7, 4>
        Branch<Eq, 0, 4> Branch<Eq, 2, 4> Branch<Eq, 3, 4> Branch<Eq, 4, 4> Branch<Eq, 6, 4> Branch<Ne, 2, 0>
        Branch<Ne, 4, 4> Branch<Lt, 4, 4> Jump<4> Call<4, 4> GotoFar;
    Branch<Ne, 1, 7> => Branch<Eq, 2, 4> GotoFar;
    Branch<Ne, 1, 8> => Ri<Second, 0, 4> GotoFar;
    Branch<Ne, 2, 1> => Ri<Add, 4, 4> Ri<First, 0, 4> Ri<First, 7, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Load<Lw, 1, 4> Load<Lw, 2, 4> Load<Ld, 1, 0>
        Load<Ld, 1, 4> Load<Ld, 2, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Lbu, 1, 4> Load<Lbu, 1, 6> Load<Lbu, 2, 4>
        Load<Lhu, 2, 8> Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Eq, 6, 4> Branch<Ne, 4, 4> GotoFar;
    Branch<Ne, 2, 3> => Ri<Or, 1, 1> Ri<Second, 1, 4> Ri<Second, 2, 4> GotoFar;
    Branch<Ne, 2, 4> => Rr<Add, 1, 1, 4> Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<Add, 8, 8> Ri<And, 1, 1> Ri<And, 2, 1>
        Ri<And, 3, 3> Ri<Sll, 1, 0> Ri<Sll, 2, 1> Ri<Addw, 1, 1> Ri<Addw, 3, 3> Ri<Addw, 4, 4> Ri<First, 0, 4>
        Ri<First, 0, 6> Ri<First, 7, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Ri<Second, 6, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<0> Constant<2> Constant<4> Load<Lw, 2, 4>
        Load<Lw, 2, 6> Load<Ld, 0, 1> Load<Ld, 1, 1> Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 2, 1> Load<Ld, 2, 4>
        Load<Ld, 2, 6> Load<Ld, 4, 5> Load<Lbu, 1, 4> Load<Lbu, 2, 4> Load<Lbu, 8, 1> Load<Lhu, 2, 1>
        Store<Sd, 5, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 3> Branch<Eq, 4, 4> Branch<Eq, 8, 4> Branch<Ne, 1, 4>
        Branch<Ne, 3, 4> Branch<Ne, 4, 4> Jump<4> GotoFar;
    Branch<Ne, 2, 7> => Load<Ld, 4, 5>;
    Branch<Ne, 2, 8> => Ri<Sraw, 2, 4> Load<Lw, 8, 4> Branch<Ne, 4, 4> Branch<Geu, 4, 4>;
    Branch<Ne, 3, 0> => Load<Ld, 4, 5>;
    Branch<Ne, 3, 1> => Ri<Second, 1, 4> Ri<Second, 3, 4> GotoFar;
    Branch<Ne, 3, 2> => Ri<Add, 4, 4> Ri<Second, 2, 4> Load<Ld, 2, 4> Load<Ld, 4, 5> Branch<Eq, 2, 6>
        Branch<Geu, 4, 4> GotoFar;
    Branch<Ne, 3, 4> => Rr<Sub, 3, 2, 1> Rr<And, 3, 4, 1> Rr<Subw, 3, 8, 1> Ri<Add, 1, 1> Ri<Add, 4, 7> Ri<Add, 7, 7>
        Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Addw, 0, 0> Ri<Addw, 1, 1> Ri<Addw, 2, 2> Ri<Addw, 4, 4> Ri<First, 1, 0>
        Ri<First, 3, 8> Ri<First, 4, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Load<Lw, 2, 4> Load<Ld, 1, 0> Load<Ld, 1, 5> Load<Ld, 2, 6> Load<Ld, 2, 7> Load<Ld, 3, 1>
        Load<Ld, 3, 4> Load<Ld, 3, 6> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 6, 5> Load<Lbu, 3, 0> Load<Lhu, 3, 1>
        Load<Lhu, 3, 2> Store<Sd, 0, 4> Store<Sd, 6, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 4> Branch<Eq, 4, 4>
        Branch<Eq, 7, 4> Branch<Ne, 4, 4> Jump<4> GotoFar;
    Branch<Ne, 3, 7> => Load<Lw, 3, 4> Load<Ld, 4, 5>;
    Branch<Ne, 3, 8> => Rr<Add, 4, 4, 4> Load<Lw, 2, 1> Load<Ld, 7, 2> GotoFar;
    Branch<Ne, 4, 0> => Load<Lw, 3, 4> GotoFar;
    Branch<Ne, 4, 1> => Ri<Or, 0, 0> Ri<First, 0, 4> Ri<First, 4, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<4> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Ld, 0, 4>
        Load<Ld, 1, 0> Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 1, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6>
        Branch<Eq, 4, 4> GotoFar;
    Branch<Ne, 4, 2> => Rr<Add, 2, 7, 4> Ri<And, 3, 3> Ri<First, 3, 4> Ri<Second, 4, 4> Load<Lw, 2, 4> Load<Ld, 4, 5>
        GotoFar;
    Branch<Ne, 4, 3> => GotoFar;
    Branch<Ne, 4, 4> => Rr<Add, 2, 4, 4> Rr<Or, 4, 4, 4> Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<And, 4, 4> Ri<Addw, 0, 0>
        Ri<Addw, 1, 1> Ri<Addw, 1, 4> Ri<Addw, 4, 4> Ri<Addw, 8, 4> Ri<First, 0, 4> Ri<First, 1, 4> Ri<First, 2, 4>
        Ri<First, 4, 0> Ri<First, 4, 3> Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4>
        Constant<2> Constant<4> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Lw, 2, 4> Load<Lw, 4, 4> Load<Lw, 4, 6>
        Load<Lw, 7, 4> Load<Lw, 7, 5> Load<Ld, 0, 4> Load<Ld, 0, 5> Load<Ld, 0, 6> Load<Ld, 1, 4> Load<Ld, 1, 5>
        Load<Ld, 1, 6> Load<Ld, 2, 3> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 3, 4> Load<Ld, 4, 4>
        Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 6, 5> Load<Ld, 7, 4> Load<Ld, 7, 5> Load<Ld, 7, 6> Load<Lbu, 1, 4>
        Load<Lbu, 1, 6> Load<Lbu, 2, 4> Load<Lbu, 4, 4> Load<Lhu, 1, 4> Store<Sd, 4, 2> Store<Sd, 4, 4>
        Store<Sd, 5, 4> Store<Sd, 6, 4> Branch<Eq, 0, 4> Branch<Eq, 2, 4> Branch<Eq, 4, 0> Branch<Eq, 4, 4>
        Branch<Ne, 4, 4> Branch<Ne, 8, 4> Branch<Ge, 4, 4> Branch<Geu, 4, 4> GotoFar;
    Branch<Ne, 4, 7> => Constant<4>;
    Branch<Ne, 4, 8> => Load<Lw, 4, 1>;
    Branch<Ne, 6, 1> => Ri<Second, 1, 4>;
    Branch<Ne, 6, 4> => Ri<First, 0, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 7, 4>
        Load<Ld, 2, 5> Load<Ld, 4, 5> Load<Ld, 6, 5> Load<Lbu, 1, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Branch<Ne, 7, 0> => Rr<Srl, 7, 8, 1> GotoFar;
    Branch<Ne, 7, 1> => Ri<Add, 4, 4> Load<Ld, 7, 8> GotoFar;
    Branch<Ne, 7, 4> => Rr<Subw, 3, 2, 1> Ri<Add, 5, 5> Ri<Addw, 3, 3> Ri<Addw, 4, 4> Ri<Addw, 8, 8> Ri<First, 0, 4>
        Ri<First, 3, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 7, 4> Constant<1> Constant<4> Load<Ld, 1, 4>
        Load<Ld, 1, 6> Load<Ld, 4, 5> Load<Ld, 7, 2> Branch<Eq, 4, 4> Branch<Geu, 4, 6> GotoFar;
    Branch<Ne, 8, 1> => Load<Lw, 8, 5> Load<Ld, 4, 5>;
    Branch<Ne, 8, 2> => Ri<Second, 4, 4> Load<Lw, 0, 4> Load<Lbu, 2, 4>;
    Branch<Ne, 8, 3> => GotoFar;
    Branch<Ne, 8, 4> => Rr<Subw, 1, 2, 1> Ri<Add, 0, 0> Ri<Add, 1, 1> Ri<And, 4, 4> Ri<Addw, 1, 1> Ri<Addw, 2, 2>
        Ri<Addw, 3, 3> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 8, 4> Constant<7> Load<Ld, 2, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 8, 1> Load<Ld, 8, 4>
        Store<Sd, 7, 1> Branch<Eq, 3, 4> Branch<Ne, 1, 4> Branch<Ne, 4, 4> GotoFar;
    Branch<Lt, 0, 4> => Ri<Sll, 1, 4> Ri<Srlw, 1, 4> Ri<First, 0, 4> Ri<First, 4, 4> Ri<First, 7, 0> Ri<First, 7, 4>
        Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Constant<7> Load<Lw, 1, 6> Load<Ld, 0, 5> Load<Ld, 1, 4> Load<Ld, 4, 5> Load<Ld, 7, 6> Load<Lbu, 2, 4>
        Store<Sd, 4, 0> Store<Sd, 5, 4> Branch<Eq, 0, 4> Branch<Eq, 4, 4> Branch<Ne, 0, 4> Branch<Lt, 1, 4>
        Branch<Lt, 4, 0> GotoFar;
    Branch<Lt, 1, 0> => Ri<Sraw, 1, 0>;
    Branch<Lt, 1, 2> => Ri<Second, 0, 4> Load<Lw, 2, 6> Load<Ld, 0, 4> Load<Ld, 4, 5> GotoFar;
    Branch<Lt, 1, 4> => Ri<First, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Load<Lw, 2, 4> Load<Ld, 1, 4> Load<Ld, 1, 5> Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Branch<Lt, 2, 1> => Ri<Second, 1, 4> Ri<Second, 7, 4> Load<Lw, 2, 4> Load<Ld, 4, 5>;
    Branch<Lt, 2, 3> => Rr<Subw, 2, 2, 3>;
    Branch<Lt, 2, 4> => Rr<Add, 3, 3, 8> Ri<And, 2, 1> Ri<Sll, 2, 1> Ri<First, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Constant<2> Load<Ld, 0, 6> Load<Ld, 1, 4> Load<Ld, 4, 5> Store<Sd, 4, 4>
        Store<Sd, 5, 4> GotoFar;
    Branch<Lt, 3, 4> => Ri<Second, 1, 4>;
    Branch<Lt, 4, 0> => Ri<Second, 1, 4> Ri<Second, 4, 4> Branch<Eq, 0, 4> Branch<Ne, 0, 4> GotoFar;
    Branch<Lt, 4, 1> => Load<Ld, 4, 5> GotoFar;
    Branch<Lt, 4, 4> => Ri<Sll, 1, 4> Ri<Addw, 4, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 4, 3> Load<Ld, 4, 5> Load<Lbu, 2, 4> Load<Lbu, 3, 4> Store<Sw, 4, 4>
        Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Lt, 4, 4> GotoFar;
    Branch<Lt, 4, 8> => Ri<Second, 4, 4>;
    Branch<Lt, 6, 4> => Branch<Lt, 4, 6>;
    Branch<Lt, 7, 4> => Ri<Second, 2, 4> Ri<Second, 7, 4> Constant<4> Store<Sd, 4, 8> Store<Sd, 5, 4> GotoFar;
    Branch<Lt, 8, 2> => Branch<Ne, 2, 8>;
    Branch<Lt, 8, 4> => Store<Sb, 6, 4>;
    Branch<Ge, 0, 4> => Ri<First, 0, 4> Ri<First, 4, 0> Ri<First, 7, 4> Ri<First, 7, 6> Ri<First, 8, 4>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Load<Lw, 1, 4> Load<Ld, 0, 4>
        Load<Ld, 1, 4> Load<Ld, 4, 5> GotoFar;
    Branch<Ge, 1, 0> => Load<Ld, 2, 6>;
    Branch<Ge, 1, 4> => Ri<First, 0, 4> Ri<First, 7, 4> Ri<First, 8, 6> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Load<Ld, 1, 4> Load<Ld, 4, 5> GotoFar;
    Branch<Ge, 2, 1> => Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Ld, 6, 5>;
    Branch<Ge, 2, 4> => Ri<First, 0, 4> Ri<First, 4, 2> Ri<Second, 1, 4> Ri<Second, 7, 4> Load<Ld, 1, 4>
        Load<Ld, 4, 5> Branch<Eq, 4, 4> GotoFar;
    Branch<Ge, 3, 1> => Ri<Second, 4, 4>;
    Branch<Ge, 3, 4> => Ri<Add, 0, 4>;
    Branch<Ge, 4, 0> => Ri<Second, 1, 4> Load<Ld, 1, 4> Branch<Ne, 4, 4>;
    Branch<Ge, 4, 1> => Rr<Add, 4, 4, 4> Ri<First, 3, 4> Load<Lw, 1, 0> Load<Lw, 2, 4> Load<Lw, 3, 0> Load<Lw, 3, 4>
        Load<Ld, 1, 4> Load<Ld, 1, 6> Store<Sd, 5, 4>;
    Branch<Ge, 4, 2> => Ri<Addw, 7, 1> Load<Lw, 1, 1> Branch<Eq, 0, 4>;
    Branch<Ge, 4, 3> => Ri<Sraw, 4, 4>;
    Branch<Ge, 4, 4> => Ri<Sll, 4, 4> Ri<Sll, 8, 4> Ri<Addw, 4, 4> Ri<Addw, 7, 1> Ri<First, 0, 4> Ri<First, 4, 4>
        Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Ld, 1, 4>
        Load<Ld, 1, 6> Load<Ld, 4, 5> Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Branch<Ge, 4, 8> => Ri<First, 0, 4> Store<Sd, 5, 4>;
    Branch<Ge, 6, 4> => Load<Ld, 1, 4>;
    Branch<Ge, 7, 3> => Load<Ld, 7, 1>;
    Branch<Ge, 8, 4> => Ri<Second, 4, 4>;
    Branch<Ltu, 0, 1> => Ri<First, 0, 1> Load<Ld, 4, 5> GotoFar;
    Branch<Ltu, 0, 2> => Ri<Sll, 8, 8>;
    Branch<Ltu, 0, 4> => GotoFar;
    Branch<Ltu, 1, 0> => Ri<Sll, 1, 0> Ri<First, 0, 4> Ri<Second, 1, 4> Store<Sd, 5, 4> GotoFar;
    Branch<Ltu, 1, 2> => Ri<First, 0, 4> Ri<First, 0, 6> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 8, 4>
        Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 3, 0> Load<Ld, 4, 5> GotoFar;
    Branch<Ltu, 1, 3> => Ri<First, 7, 4> Ri<Second, 1, 4>;
    Branch<Ltu, 1, 4> => Ri<Sll, 1, 4> Ri<Addw, 3, 8> Ri<First, 0, 4> Ri<First, 7, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Load<Ld, 2, 4> Load<Ld, 4, 5> Load<Lwu, 1, 4>
        Store<Sd, 5, 4> GotoFar;
    Branch<Ltu, 1, 6> => Ri<Add, 6, 5>;
    Branch<Ltu, 1, 7> => Branch<Eq, 7, 4>;
    Branch<Ltu, 1, 8> => Ri<Sll, 1, 8> Ri<Second, 1, 4> Load<Ld, 4, 4>;
    Branch<Ltu, 2, 0> => Ri<Sll, 2, 0> Load<Ld, 2, 1>;
    Branch<Ltu, 2, 1> => Ri<Add, 5, 5> Ri<Sll, 2, 1> Ri<Addw, 4, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Ld, 1, 4> Load<Ld, 2, 4> Load<Ld, 4, 5> Load<Lbu, 1, 4>
        Branch<Eq, 1, 4> Branch<Ne, 1, 4> GotoFar;
    Branch<Ltu, 2, 3> => Ri<Second, 2, 4> Branch<Ne, 1, 4>;
    Branch<Ltu, 2, 4> => Load<Ld, 1, 1> Load<Ld, 8, 4>;
    Branch<Ltu, 2, 7> => Ri<Sll, 7, 7> Ri<Addw, 1, 1> Ri<Second, 2, 4>;
    Branch<Ltu, 2, 8> => Ri<Second, 1, 4> Load<Ld, 2, 1> Load<Ld, 3, 3> Load<Lbu, 8, 1> Branch<Ne, 2, 8>;
    Branch<Ltu, 3, 1> => Ri<Add, 2, 2> Ri<Second, 1, 4> Ri<Second, 3, 4> Load<Ld, 4, 2>;
    Branch<Ltu, 3, 2> => Ri<Second, 3, 4> Branch<Ltu, 7, 2>;
    Branch<Ltu, 3, 4> => Ri<Addw, 4, 1>;
    Branch<Ltu, 4, 0> => Load<Ld, 1, 4> Load<Ld, 3, 4>;
    Branch<Ltu, 4, 1> => Rr<Sllw, 0, 4, 0> Ri<Add, 2, 4> Ri<Add, 4, 4> Ri<Sll, 1, 1> Ri<Sll, 2, 1> Ri<Addw, 4, 4>
        Ri<Sllw, 1, 3> Ri<First, 8, 0> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Constant<4> Load<Ld, 1, 4> Load<Ld, 2, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 7, 4> Branch<Eq, 1, 4>
        Branch<Ltu, 4, 4> GotoFar;
    Branch<Ltu, 4, 2> => Ri<Sll, 2, 2> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Load<Ld, 8, 1> GotoFar;
    Branch<Ltu, 4, 3> => Rr<Sll, 3, 4, 3> Ri<Or, 2, 2> Ri<Addw, 0, 0> Load<Ld, 1, 6> Branch<Ltu, 1, 2>;
    Branch<Ltu, 4, 4> => Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 3, 4> Ri<First, 4, 4> Ri<Second, 1, 4>
        Ri<Second, 4, 4> Load<Ld, 1, 4> Load<Ld, 4, 5> Store<Sw, 4, 4> Store<Sd, 5, 4> Branch<Eq, 4, 4>
        Branch<Ne, 4, 4> GotoFar;
    Branch<Ltu, 4, 7> => Rr<Subw, 7, 4, 7> Branch<Eq, 4, 4>;
    Branch<Ltu, 4, 8> => Branch<Geu, 3, 2> Branch<Geu, 4, 1>;
    Branch<Ltu, 6, 8> => Load<Lbu, 1, 8>;
    Branch<Ltu, 7, 1> => Ri<Add, 0, 0> Ri<Add, 3, 3> Ri<Sll, 4, 1> Load<Ld, 3, 2>;
    Branch<Ltu, 7, 4> => Load<Lwu, 1, 4>;
    Branch<Ltu, 7, 8> => Branch<Eq, 3, 4>;
    Branch<Ltu, 8, 1> => Constant<8>;
    Branch<Ltu, 8, 2> => Ri<Addw, 3, 3>;
    Branch<Ltu, 8, 7> => Load<Lw, 8, 1>;
    Branch<Geu, 0, 1> => Rr<Add, 7, 7, 3> Load<Lw, 1, 4> Load<Ld, 2, 4> Store<Sd, 5, 4>;
    Branch<Geu, 0, 2> => Load<Ld, 1, 1>;
    Branch<Geu, 0, 4> => Store<Sd, 5, 4>;
    Branch<Geu, 1, 2> => Ri<Add, 1, 4> Ri<Add, 2, 1> Ri<First, 1, 2> Ri<Second, 1, 4> Ri<Second, 4, 4> Load<Lw, 3, 7>
        Load<Ld, 4, 5> Store<Sd, 5, 4> Branch<Ne, 4, 4> GotoFar;
    Branch<Geu, 1, 3> => Ri<Second, 1, 4> Load<Ld, 1, 4> Load<Ld, 4, 5>;
    Branch<Geu, 1, 4> => Ri<Sll, 7, 1> Ri<Sra, 4, 4> Ri<First, 0, 4> Ri<First, 4, 1> Ri<Second, 1, 4>
        Ri<Second, 4, 4> Load<Ld, 1, 2> Load<Ld, 1, 4> Load<Ld, 4, 5> Store<Sd, 4, 4> Branch<Ne, 2, 4> GotoFar;
    Branch<Geu, 1, 7> => Load<Ld, 1, 2>;
    Branch<Geu, 2, 1> => Ri<Add, 4, 5> Ri<Sra, 1, 1> Ri<Addw, 2, 1> Ri<First, 1, 2> Ri<Second, 1, 4> Ri<Second, 2, 4>
        Ri<Second, 4, 4> Constant<4> Load<Ld, 2, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Store<Sd, 5, 4> GotoFar;
    Branch<Geu, 2, 3> => Ri<Addw, 4, 4> Ri<First, 2, 3> Store<Sw, 4, 2>;
    Branch<Geu, 2, 4> => Branch<Ne, 3, 1> GotoFar;
    Branch<Geu, 2, 7> => Branch<Lt, 7, 4>;
    Branch<Geu, 2, 8> => Rr<Sll, 4, 4, 3>;
    Branch<Geu, 3, 1> => Ri<First, 3, 1>;
    Branch<Geu, 3, 2> => Ri<Sll, 8, 3> Load<Lbu, 2, 1>;
    Branch<Geu, 3, 4> => Ri<First, 8, 4>;
    Branch<Geu, 4, 0> => Ri<Addw, 0, 0> GotoFar;
    Branch<Geu, 4, 1> => Ri<Add, 0, 2> Ri<Sra, 2, 1> Ri<First, 4, 1> Ri<First, 4, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 4, 4> Constant<4> Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Lbu, 4, 1> Branch<Eq, 0, 4>
        Branch<Ltu, 7, 0> Branch<Ltu, 7, 2> Branch<Ltu, 7, 8> GotoFar;
    Branch<Geu, 4, 2> => Ri<Add, 1, 1> Ri<First, 8, 4> Ri<Second, 0, 4> Constant<2> GotoFar;
    Branch<Geu, 4, 3> => Ri<Second, 4, 4> Load<Lwu, 3, 2> GotoFar;
    Branch<Geu, 4, 4> => Rr<Sub, 7, 4, 4> Ri<Add, 1, 1> Ri<Sll, 4, 4> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 1, 4>
        Ri<First, 2, 4> Ri<First, 4, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Load<Lw, 1, 1> Load<Lw, 4, 4> Load<Ld, 0, 4> Load<Ld, 1, 4> Load<Ld, 4, 5> Load<Lbu, 4, 1> Load<Lbu, 4, 4>
        Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Ltu, 4, 4> Branch<Geu, 8, 4> GotoFar;
    Branch<Geu, 4, 6> => Ri<First, 6, 4>;
    Branch<Geu, 4, 7> => Ri<Second, 1, 4> Load<Ld, 1, 4>;
    Branch<Geu, 4, 8> => Load<Ld, 1, 7> GotoFar;
    Branch<Geu, 6, 4> => Ri<First, 0, 6>;
    Branch<Geu, 7, 1> => Branch<Geu, 3, 4>;
    Branch<Geu, 7, 8> => Load<Lw, 0, 3>;
    Branch<Geu, 8, 0> => Ri<Second, 0, 4>;
    Branch<Geu, 8, 1> => Load<Ld, 1, 4>;
}
