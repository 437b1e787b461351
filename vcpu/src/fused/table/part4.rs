//! @generated, see above.
#![allow(unsafe_code)] // Handlers: see `op`.

#[allow(unused_imports, clippy::wildcard_imports, reason = "any part may have a step of any room")]
use crate::exec::{alu::*, flow::*, mem::*, zb::*};

crate::fused::pairs! {
    Load<Lw, 2, 2> => Rr<Add, 2, 2, 3> Rr<Addw, 3, 4, 4> Rr<Subw, 2, 3, 2> Ri<Add, 1, 1> Ri<And, 2, 2> Ri<Addw, 2, 2>
        Ri<Second, 1, 4> Branch<Eq, 2, 4> Branch<Ne, 2, 4>;
    Load<Lw, 2, 3> => Ri<Add, 3, 3> Ri<Addw, 8, 2>;
    Load<Lw, 2, 4> => Rr<Add, 1, 1, 4> Rr<Remuw, 2, 4, 2> Ri<Add, 4, 4> Ri<And, 2, 2> Ri<And, 7, 7> Ri<Sll, 2, 2>
        Ri<Addw, 1, 1> Ri<Addw, 1, 4> Ri<Addw, 1, 6> Ri<Addw, 2, 2> Ri<Addw, 4, 4> Ri<Srlw, 1, 2> Ri<First, 0, 4>
        Ri<First, 1, 0> Ri<First, 1, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Load<Lw, 1, 4> Load<Lw, 3, 0> Load<Lw, 3, 4> Load<Lw, 7, 4> Load<Lw, 8, 4> Load<Ld, 1, 4> Load<Ld, 1, 6>
        Load<Ld, 3, 4> Branch<Eq, 2, 4> Branch<Ne, 2, 1> Branch<Ne, 2, 4> Branch<Ne, 3, 2> Branch<Ltu, 2, 4>
        Branch<Geu, 4, 2> GotoFar;
    Load<Lw, 2, 5> => Ri<Second, 1, 4> Branch<Eq, 2, 4> Branch<Ne, 2, 4>;
    Load<Lw, 2, 6> => Ri<Add, 0, 0> Ri<And, 8, 2> Ri<Second, 1, 4> Load<Lw, 1, 6> Load<Lw, 3, 6> Load<Ld, 0, 4>
        Load<Ld, 1, 6> Branch<Eq, 2, 4> Branch<Ge, 4, 2>;
    Load<Lw, 2, 7> => Ri<First, 0, 1> Ri<Second, 1, 4> Branch<Ne, 2, 4>;
    Load<Lw, 2, 8> => Ri<Add, 8, 8> Branch<Eq, 2, 4>;
    Load<Lw, 3, 0> => Ri<Add, 0, 0> Ri<Sll, 1, 1> Branch<Eq, 2, 4> Branch<Ne, 2, 4>;
    Load<Lw, 3, 1> => Ri<Sll, 4, 7> Ri<Addw, 3, 3> Load<Lw, 2, 1> Load<Lw, 2, 4> Load<Lw, 2, 7> Branch<Eq, 3, 4>
        Branch<Ne, 3, 2> Branch<Ne, 3, 4>;
    Load<Lw, 3, 2> => Ri<Add, 2, 2> Ri<Addw, 3, 3> Ri<Second, 2, 4> Load<Lw, 8, 1> Branch<Ne, 3, 4>;
    Load<Lw, 3, 3> => Ri<Second, 1, 4> Load<Ld, 2, 4> Branch<Eq, 3, 4> Branch<Ne, 3, 0> Branch<Ne, 3, 4>;
    Load<Lw, 3, 4> => Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<And, 3, 3> Ri<Sll, 1, 2> Ri<Sll, 3, 3> Ri<Addw, 1, 1>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Load<Lw, 1, 4> Load<Lw, 2, 0>
        Load<Lw, 2, 4> Load<Lw, 8, 4> Load<Ld, 0, 1> Load<Ld, 1, 4> Load<Ld, 2, 4> Branch<Eq, 3, 2> Branch<Eq, 3, 4>
        Branch<Ne, 3, 2> Branch<Ne, 3, 4> Branch<Ne, 8, 3> Branch<Lt, 3, 4> Branch<Ge, 4, 3> GotoFar;
    Load<Lw, 3, 5> => Ri<Second, 1, 4> Load<Lw, 2, 5>;
    Load<Lw, 3, 6> => Ri<Second, 2, 4> Branch<Eq, 3, 4> Branch<Ltu, 4, 3>;
    Load<Lw, 3, 7> => Ri<Sll, 4, 4>;
    Load<Lw, 4, 1> => Ri<Sll, 4, 4> Ri<Second, 4, 4> Constant<4> Load<Lw, 4, 1> Branch<Ne, 4, 4>;
    Load<Lw, 4, 2> => Ri<Addw, 8, 8> Ri<Second, 2, 4> Load<Lw, 4, 2>;
    Load<Lw, 4, 4> => Rr<Add, 1, 4, 4> Ri<Add, 4, 4> Ri<Sll, 1, 4> Ri<Addw, 1, 1> Ri<Addw, 4, 4> Ri<Srlw, 3, 1>
        Ri<Srlw, 4, 2> Ri<Srlw, 8, 1> Ri<First, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Load<Lw, 0, 4> Load<Lw, 1, 4> Load<Lw, 4, 4> Load<Lw, 7, 4> Load<Ld, 0, 4> Load<Ld, 4, 4> Load<Ld, 8, 4>
        Store<Sw, 6, 4> Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Load<Lw, 4, 5> => Ri<Second, 4, 4> Load<Lw, 4, 5> Load<Ld, 4, 5> Branch<Eq, 4, 4>;
    Load<Lw, 4, 6> => Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Lw, 4, 6> Branch<Eq, 4, 4>
        Branch<Ge, 4, 4> GotoFar;
    Load<Lw, 4, 7> => Branch<Eq, 4, 4> Branch<Ne, 4, 4>;
    Load<Lw, 4, 8> => Ri<Sll, 1, 4>;
    Load<Lw, 7, 0> => Load<Lw, 8, 8>;
    Load<Lw, 7, 1> => Ri<First, 0, 4> Ri<Second, 4, 4>;
    Load<Lw, 7, 4> => Ri<Xor, 7, 7> Ri<First, 0, 4> Ri<First, 3, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 8, 4> Constant<0> Constant<4> Load<Lw, 0, 4> Load<Lw, 1, 4> Load<Lw, 4, 4>
        Load<Lw, 8, 4> Load<Ld, 0, 4> Branch<Eq, 4, 4> Branch<Eq, 7, 4> Branch<Ne, 7, 4> GotoFar;
    Load<Lw, 7, 6> => Ri<First, 0, 4> Load<Ld, 0, 6> Branch<Lt, 7, 4>;
    Load<Lw, 7, 7> => Load<Lw, 0, 4>;
    Load<Lw, 8, 0> => Ri<Sll, 1, 1> Branch<Eq, 7, 3> Branch<Ne, 1, 3>;
    Load<Lw, 8, 1> => Load<Lw, 7, 1> Branch<Eq, 8, 4> Branch<Lt, 4, 8>;
    Load<Lw, 8, 3> => Ri<Sll, 2, 7> Ri<Addw, 1, 1>;
    Load<Lw, 8, 4> => Ri<Add, 2, 2> Ri<Add, 4, 4> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 7, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 7, 4> Load<Lw, 3, 1> Load<Lw, 3, 4> Load<Lw, 7, 4>
        Load<Ld, 1, 4> Load<Ld, 7, 4> Branch<Eq, 8, 4> Branch<Ne, 8, 4>;
    Load<Lw, 8, 5> => Load<Lw, 1, 5> Load<Lw, 7, 5>;
    Load<Lw, 8, 6> => Constant<1> Load<Lw, 2, 6> Load<Lw, 7, 6> Load<Ld, 0, 6>;
    Load<Ld, 0, 0> => Rr<Add, 1, 1, 2> Rr<Add, 4, 1, 4> Ri<Add, 5, 5> Ri<Addw, 4, 4> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Load<Ld, 4, 5> Store<Sd, 5, 4> Branch<Eq, 0, 4>
        Branch<Ne, 0, 4> GotoFar;
    Load<Ld, 0, 1> => Ri<Add, 0, 0> Ri<First, 3, 8> Ri<First, 7, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Constant<4> Constant<7> Load<Ld, 1, 0> Load<Ld, 3, 5> Load<Ld, 4, 5> Load<Ld, 7, 1>
        Store<Sd, 6, 2> Store<Sd, 6, 4> Branch<Eq, 0, 4> Branch<Ne, 0, 4>;
    Load<Ld, 0, 2> => Ri<Add, 2, 2> Store<Sd, 3, 0> Branch<Eq, 0, 4> Branch<Ne, 0, 4>;
    Load<Ld, 0, 3> => Ri<Add, 3, 3>;
    Load<Ld, 0, 4> => Rr<Add, 0, 0, 1> Rr<Add, 0, 0, 4> Rr<Add, 1, 0, 7> Rr<Add, 2, 0, 7> Ri<Add, 0, 0> Ri<Add, 4, 4>
        Ri<Add, 4, 6> Ri<Add, 7, 6> Ri<Add, 8, 6> Ri<And, 1, 0> Ri<Sll, 1, 2> Ri<Addw, 4, 4> Ri<Addw, 7, 2>
        Ri<Srlw, 1, 2> Ri<First, 2, 4> Ri<First, 3, 4> Ri<First, 7, 4> Ri<First, 7, 6> Ri<First, 8, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4>
        Constant<4> Load<Lw, 2, 4> Load<Ld, 1, 0> Load<Ld, 1, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 7, 4>
        Store<Sw, 4, 4> Store<Sd, 4, 4> Store<Sd, 6, 0> Branch<Eq, 0, 4> Branch<Ne, 0, 4> Call<4, 1> GotoFar;
    Load<Ld, 0, 5> => Ri<Add, 1, 5> Ri<Add, 4, 5> Ri<Add, 7, 5> Ri<Addw, 4, 4> Ri<First, 7, 4> Ri<First, 7, 6>
        Ri<First, 8, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 6, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Load<Ld, 1, 5> Load<Ld, 4, 5> Store<Sd, 5, 4> Branch<Eq, 0, 4>;
    Load<Ld, 0, 6> => Ri<Add, 6, 6> Ri<And, 1, 2> Ri<And, 2, 1> Ri<Sll, 2, 1> Ri<Addw, 4, 4> Ri<First, 3, 4>
        Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Load<Lw, 2, 4> Load<Ld, 1, 6> Load<Ld, 4, 5> Load<Ld, 7, 6>
        Store<Sd, 5, 4> Branch<Eq, 0, 4> Branch<Ne, 0, 4> GotoFar;
    Load<Ld, 0, 8> => Constant<4> Store<Sd, 6, 7>;
    Load<Ld, 1, 0> => Ri<Add, 0, 0> Ri<Add, 0, 1> Ri<Add, 1, 1> Ri<Add, 5, 5> Ri<And, 1, 1> Ri<And, 2, 1>
        Ri<Sll, 2, 1> Ri<Sll, 3, 2> Ri<Sll, 7, 7> Ri<Srl, 1, 1> Ri<Sllw, 3, 2> Ri<Sllw, 4, 4> Ri<Sllw, 7, 7>
        Ri<First, 4, 0> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Load<Lw, 1, 1> Load<Ld, 1, 1>
        Load<Ld, 2, 0> Load<Ld, 2, 1> Load<Ld, 2, 4> Store<Sb, 1, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4> Call<4, 1>;
    Load<Ld, 1, 1> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Xor, 1, 1, 2> Rr<Srl, 1, 1, 2> Rr<Srl, 1, 1, 3>
        Rr<Srl, 1, 1, 4> Ri<Add, 1, 1> Ri<Add, 4, 1> Ri<Add, 4, 4> Ri<And, 1, 1> Ri<And, 2, 1> Ri<Sll, 2, 2>
        Ri<Srl, 1, 1> Ri<Srl, 8, 3> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 3, 1> Ri<First, 4, 0> Ri<First, 4, 8>
        Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<2> Load<Lw, 0, 1> Load<Lw, 1, 1> Load<Lw, 2, 1> Load<Lw, 3, 1>
        Load<Lw, 4, 1> Load<Ld, 0, 1> Load<Ld, 1, 1> Load<Ld, 2, 1> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 2, 6>
        Load<Ld, 3, 4> Load<Ld, 3, 6> Load<Ld, 4, 1> Load<Ld, 7, 1> Load<Ld, 8, 1> Load<Lbu, 0, 1> Load<Lbu, 3, 1>
        Store<Sh, 1, 2> Store<Sd, 4, 1> Store<Sd, 5, 1> Store<Sd, 5, 4> Store<Sd, 5, 6> Store<Sd, 6, 7>
        Branch<Eq, 1, 3> Branch<Eq, 1, 4> Branch<Eq, 4, 1> Branch<Eq, 6, 1> Branch<Ne, 1, 3> Branch<Ne, 1, 4>
        Branch<Ne, 2, 1> Branch<Ne, 4, 1> Call<4, 1> GotoFar;
    Load<Ld, 1, 2> => Rr<And, 8, 7, 1> Rr<Sll, 7, 4, 7> Ri<Add, 1, 1> Ri<Add, 2, 1> Ri<Add, 2, 2> Ri<And, 1, 1>
        Ri<Srl, 1, 1> Load<Ld, 1, 1> Store<Sd, 4, 1> Store<Sd, 5, 1> Branch<Eq, 1, 4> Branch<Ne, 1, 4>
        Branch<Ne, 4, 1> Branch<Ne, 7, 1>;
    Load<Ld, 1, 3> => Ri<Add, 2, 2> Ri<Add, 4, 1> Ri<And, 7, 4> Ri<Second, 4, 4> Store<Sw, 1, 8> Branch<Eq, 1, 3>
        Branch<Eq, 1, 4> Branch<Ne, 1, 3>;
    Load<Ld, 1, 4> => Rr<Add, 0, 0, 1> Rr<Add, 1, 1, 0> Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Add, 1, 1, 6>
        Rr<Add, 2, 4, 1> Rr<Add, 4, 4, 1> Rr<Add, 4, 4, 4> Rr<Sub, 1, 4, 1> Rr<Xor, 1, 1, 2> Rr<Sltu, 4, 1, 4>
        Ri<Add, 0, 4> Ri<Add, 1, 1> Ri<Add, 2, 1> Ri<Add, 2, 4> Ri<Add, 3, 1> Ri<Add, 3, 4> Ri<Add, 4, 1>
        Ri<Add, 4, 4> Ri<And, 1, 1> Ri<And, 2, 1> Ri<And, 3, 1> Ri<Or, 1, 1> Ri<Or, 2, 2> Ri<Sll, 1, 1>
        Ri<Sll, 2, 0> Ri<Sll, 2, 1> Ri<Sll, 2, 2> Ri<Sll, 2, 4> Ri<Sll, 2, 6> Ri<Sll, 3, 3> Ri<Sll, 3, 4>
        Ri<Sll, 4, 4> Ri<Sll, 7, 1> Ri<Srl, 1, 1> Ri<Srl, 2, 1> Ri<Addw, 2, 3> Ri<Addw, 4, 4> Ri<First, 0, 4>
        Ri<First, 0, 6> Ri<First, 2, 4> Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 7, 0>
        Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Load<Lw, 0, 1> Load<Lw, 1, 1> Load<Lw, 2, 1> Load<Lw, 2, 4>
        Load<Lw, 7, 4> Load<Lw, 8, 2> Load<Lw, 8, 4> Load<Ld, 0, 1> Load<Ld, 0, 4> Load<Ld, 1, 1> Load<Ld, 2, 1>
        Load<Ld, 2, 2> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 3, 1> Load<Ld, 3, 4> Load<Ld, 4, 1>
        Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 7, 4> Load<Ld, 8, 1> Load<Ld, 8, 4> Load<Lbu, 0, 4> Load<Lbu, 1, 1>
        Load<Lbu, 2, 1> Store<Sb, 1, 4> Store<Sb, 4, 4> Store<Sw, 4, 0> Store<Sw, 4, 4> Store<Sd, 0, 1>
        Store<Sd, 1, 4> Store<Sd, 2, 1> Store<Sd, 4, 0> Store<Sd, 4, 1> Store<Sd, 4, 4> Store<Sd, 5, 0>
        Store<Sd, 5, 1> Store<Sd, 5, 4> Store<Sd, 6, 1> Store<Sd, 6, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 1>
        Branch<Eq, 4, 1> Branch<Eq, 4, 4> Branch<Ne, 1, 2> Branch<Ne, 1, 4> Branch<Ne, 2, 1> Branch<Ne, 4, 1>
        Branch<Ltu, 1, 4> Branch<Ltu, 4, 1> Call<4, 1> GotoFar;
    Load<Ld, 1, 5> => Rr<Add, 3, 1, 4> Rr<Add, 6, 6, 4> Ri<Add, 4, 4> Ri<And, 1, 1> Ri<Sll, 4, 4> Ri<Addw, 1, 1>
        Ri<Addw, 3, 0> Ri<First, 0, 4> Ri<First, 2, 4> Ri<First, 4, 0> Ri<First, 8, 0> Ri<Second, 0, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Lw, 1, 1> Load<Ld, 1, 1> Load<Ld, 2, 5> Load<Ld, 3, 5> Load<Ld, 4, 4>
        Load<Ld, 4, 5> Load<Ld, 6, 5> Load<Ld, 7, 5> Load<Ld, 8, 5> Load<Lbu, 1, 1> Store<Sw, 1, 4> Store<Sd, 4, 0>
        Store<Sd, 4, 4> Store<Sd, 5, 1> Store<Sd, 5, 4> Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 1>
        Branch<Ne, 0, 4> Branch<Ne, 1, 4> GotoFar;
    Load<Ld, 1, 6> => Rr<Xor, 1, 1, 2> Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<Add, 6, 6> Ri<And, 1, 1> Ri<Sll, 2, 4>
        Ri<Sll, 4, 4> Ri<Addw, 1, 1> Ri<Addw, 4, 4> Ri<Sllw, 4, 4> Ri<First, 0, 4> Ri<First, 4, 0> Ri<First, 4, 4>
        Ri<First, 7, 4> Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Load<Lw, 1, 1> Load<Lw, 2, 1> Load<Lw, 8, 6> Load<Ld, 0, 6> Load<Ld, 1, 1> Load<Ld, 2, 1>
        Load<Ld, 2, 4> Load<Ld, 2, 6> Load<Ld, 3, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 7, 6>
        Load<Ld, 8, 6> Store<Sd, 4, 0> Store<Sd, 4, 1> Store<Sd, 4, 3> Store<Sd, 4, 4> Store<Sd, 5, 1>
        Store<Sd, 5, 4> Store<Sd, 6, 1> Store<Sd, 6, 4> Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4>
        Branch<Geu, 4, 1> GotoFar;
    Load<Ld, 1, 7> => Ri<Add, 7, 7> Ri<And, 1, 1> Ri<Sll, 3, 2> Ri<Second, 2, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Ld, 1, 8> => Rr<Add, 1, 1, 4> Ri<Add, 8, 8> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Ld, 2, 0> => Ri<Add, 1, 0> Ri<Srl, 8, 2> Ri<First, 4, 0> Ri<Second, 1, 4> Ri<Second, 3, 4> Load<Ld, 1, 0>
        Branch<Eq, 0, 2> Branch<Eq, 2, 4>;
    Load<Ld, 2, 1> => Rr<Or, 2, 2, 3> Rr<Or, 2, 2, 7> Rr<Sll, 4, 4, 0> Ri<Add, 1, 1> Ri<Add, 1, 2> Ri<Add, 2, 2>
        Ri<Add, 3, 1> Ri<Add, 4, 4> Ri<And, 2, 2> Ri<And, 3, 2> Ri<Sll, 3, 2> Ri<Srl, 2, 2> Ri<First, 0, 1>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Load<Ld, 1, 1> Load<Ld, 1, 3> Load<Ld, 1, 4>
        Load<Ld, 2, 2> Load<Ld, 3, 1> Load<Ld, 8, 1> Load<Ld, 8, 3> Store<Sw, 1, 3> Store<Sw, 1, 8> Store<Sd, 5, 2>
        Branch<Eq, 2, 4> Branch<Ne, 2, 3> Branch<Ne, 2, 4> Branch<Ne, 2, 7> Branch<Ne, 4, 2> Branch<Ltu, 0, 2>
        Branch<Ltu, 8, 2> Branch<Geu, 2, 0> Branch<Geu, 4, 2> GotoFar;
    Load<Ld, 2, 2> => Rr<Add, 1, 1, 2> Rr<Add, 2, 2, 0> Rr<Srl, 2, 2, 3> Ri<Add, 1, 1> Ri<And, 2, 2> Ri<And, 3, 3>
        Ri<Srl, 1, 1> Ri<Addw, 1, 1> Ri<Second, 1, 4> Constant<1> Load<Lw, 2, 2> Load<Ld, 1, 1> Load<Ld, 1, 2>
        Load<Ld, 2, 2> Branch<Eq, 2, 4> Branch<Ne, 2, 4> GotoFar;
    Load<Ld, 2, 3> => Ri<Add, 2, 2> Ri<Add, 3, 3> Constant<1>;
    Load<Ld, 2, 4> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Add, 2, 2, 1> Rr<Add, 2, 2, 4> Rr<Add, 4, 4, 2>
        Rr<Add, 8, 4, 1> Ri<Add, 1, 1> Ri<Add, 1, 4> Ri<Add, 2, 2> Ri<Add, 3, 4> Ri<Add, 4, 2> Ri<Add, 4, 4>
        Ri<Add, 8, 0> Ri<Add, 8, 2> Ri<And, 1, 1> Ri<And, 2, 2> Ri<And, 3, 2> Ri<Sll, 1, 1> Ri<Sll, 1, 3>
        Ri<Sll, 1, 4> Ri<Sll, 3, 1> Ri<Sll, 3, 4> Ri<Sll, 4, 4> Ri<Srl, 2, 2> Ri<Addw, 1, 1> Ri<Addw, 4, 4>
        Ri<Addw, 7, 4> Ri<Sllw, 1, 3> Ri<First, 0, 4> Ri<First, 1, 4> Ri<First, 4, 0> Ri<First, 4, 4>
        Ri<First, 7, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Constant<1> Load<Lw, 1, 2> Load<Lw, 1, 4> Load<Lw, 2, 2> Load<Ld, 0, 4> Load<Ld, 1, 1>
        Load<Ld, 1, 2> Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 2, 2> Load<Ld, 3, 4> Load<Ld, 4, 4> Load<Ld, 4, 5>
        Load<Ld, 7, 4> Load<Ld, 8, 2> Load<Ld, 8, 4> Store<Sb, 2, 4> Store<Sd, 1, 2> Store<Sd, 2, 1> Store<Sd, 3, 2>
        Store<Sd, 5, 2> Store<Sd, 6, 2> Branch<Eq, 1, 2> Branch<Eq, 2, 4> Branch<Eq, 4, 2> Branch<Ne, 2, 4>
        Branch<Ltu, 1, 2> GotoFar;
    Load<Ld, 2, 5> => Ri<Add, 2, 2> Ri<Add, 3, 3> Ri<Sll, 1, 1> Ri<First, 3, 4> Ri<First, 4, 0> Ri<Second, 1, 4>
        Ri<Second, 3, 4> Ri<Second, 4, 4> Load<Ld, 1, 1> Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 1, 6> Load<Ld, 3, 5>
        Load<Ld, 4, 5> Load<Ld, 8, 5> Store<Sd, 2, 4> Branch<Eq, 0, 4> Branch<Eq, 2, 4> Branch<Ne, 2, 4>
        Branch<Ne, 2, 6>;
    Load<Ld, 2, 6> => Rr<Sltu, 1, 4, 1> Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<And, 2, 2> Ri<Xor, 4, 1> Ri<Xor, 4, 4>
        Ri<Sll, 1, 1> Ri<Sll, 1, 4> Ri<Sll, 8, 3> Ri<Srl, 4, 4> Ri<Addw, 4, 4> Ri<Sllw, 1, 4> Ri<Second, 1, 4>
        Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Load<Ld, 1, 1> Load<Ld, 1, 4> Load<Ld, 1, 6>
        Load<Ld, 3, 6> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 7, 6> Branch<Eq, 2, 4> Branch<Ne, 2, 1>
        Branch<Ne, 2, 4> Branch<Ltu, 1, 2> GotoFar;
    Load<Ld, 2, 7> => Branch<Geu, 3, 2>;
    Load<Ld, 2, 8> => Load<Ld, 3, 8> Load<Ld, 8, 4> Branch<Eq, 2, 4>;
    Load<Ld, 3, 0> => Ri<Second, 2, 4> Load<Lw, 1, 0> Load<Ld, 1, 3> Branch<Eq, 3, 4>;
    Load<Ld, 3, 1> => Ri<Add, 1, 1> Ri<Add, 2, 1> Ri<Add, 3, 3> Ri<Second, 2, 4> Load<Ld, 1, 1> Load<Ld, 2, 1>
        Load<Ld, 2, 4> Load<Ld, 8, 1> Branch<Eq, 3, 4> Branch<Ne, 3, 4> Branch<Ltu, 2, 3> Branch<Ltu, 4, 3>
        Branch<Geu, 3, 4>;
    Load<Ld, 3, 2> => Ri<Add, 2, 2> Ri<And, 3, 3> Ri<First, 4, 2> Load<Ld, 7, 2> Store<Sd, 1, 0> Branch<Eq, 3, 4>
        Branch<Eq, 3, 8> Branch<Ne, 3, 4>;
    Load<Ld, 3, 3> => Rr<Add, 4, 4, 3> Rr<Add, 8, 8, 3> Ri<Add, 1, 1> Ri<And, 2, 2> Ri<Sll, 1, 1> Ri<Sll, 2, 1>
        Ri<Addw, 2, 2> Ri<Second, 8, 4> Load<Ld, 3, 3> Store<Sd, 4, 3> Branch<Eq, 3, 4> Branch<Ne, 3, 4>;
    Load<Ld, 3, 4> => Rr<Add, 1, 1, 2> Rr<Add, 3, 3, 4> Rr<Sub, 1, 1, 3> Rr<Or, 1, 1, 3> Ri<Add, 4, 4> Ri<Or, 2, 2>
        Ri<Or, 3, 3> Ri<Sll, 1, 1> Ri<Sll, 2, 0> Ri<First, 0, 4> Ri<First, 8, 0> Ri<First, 8, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Load<Lw, 7, 4> Load<Ld, 1, 4>
        Load<Ld, 2, 1> Load<Ld, 2, 4> Load<Ld, 4, 4> Load<Ld, 8, 4> Store<Sw, 4, 4> Store<Sd, 6, 3> Branch<Eq, 3, 4>
        Branch<Ne, 3, 4> Branch<Ne, 8, 4> Branch<Ltu, 6, 3> GotoFar;
    Load<Ld, 3, 5> => Ri<First, 8, 0> Ri<First, 8, 4> Load<Ld, 1, 5> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 4, 5>
        Load<Ld, 7, 5> Load<Ld, 8, 5> Branch<Eq, 0, 4> Branch<Lt, 3, 4> GotoFar;
    Load<Ld, 3, 6> => Ri<First, 4, 0> Ri<First, 7, 4> Ri<First, 8, 0> Ri<First, 8, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Load<Ld, 0, 1> Load<Ld, 1, 4>
        Load<Ld, 1, 6> Load<Ld, 2, 4> Load<Ld, 2, 6> Load<Ld, 4, 6> Load<Ld, 8, 6> Store<Sb, 4, 1> Store<Sd, 4, 1>
        Store<Sd, 4, 2> Branch<Eq, 0, 4> Branch<Eq, 3, 4> Branch<Ne, 3, 4> GotoFar;
    Load<Ld, 3, 7> => Ri<Xor, 1, 1>;
    Load<Ld, 3, 8> => Ri<Addw, 2, 2> Load<Ld, 2, 8> Load<Ld, 7, 1>;
    Load<Ld, 4, 0> => Ri<First, 4, 0> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Ld, 1, 4>
        Load<Ld, 4, 0> Load<Ld, 7, 0> Store<Sd, 5, 4> Branch<Eq, 4, 4>;
    Load<Ld, 4, 1> => Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<And, 4, 4> Ri<First, 0, 4> Ri<First, 8, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Constant<4> Load<Ld, 0, 1> Load<Ld, 1, 4> Load<Ld, 4, 1>
        Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Load<Ld, 4, 2> => Rr<Add, 1, 1, 4> Rr<Srl, 4, 4, 1> Ri<Sll, 1, 1> Load<Ld, 4, 2> Branch<Eq, 4, 2>
        Branch<Eq, 4, 4> Branch<Ne, 4, 2>;
    Load<Ld, 4, 3> => Ri<Srl, 1, 1> Ri<Second, 4, 4> Branch<Eq, 4, 4>;
    Load<Ld, 4, 4> => Rr<Add, 4, 4, 4> Ri<Add, 0, 4> Ri<Add, 4, 4> Ri<Add, 4, 5> Ri<Add, 4, 6> Ri<And, 1, 4>
        Ri<And, 4, 4> Ri<Sll, 1, 4> Ri<Sll, 4, 4> Ri<Srl, 1, 1> Ri<Srl, 4, 4> Ri<Addw, 2, 1> Ri<Addw, 4, 4>
        Ri<First, 0, 4> Ri<First, 2, 4> Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4>
        Constant<4> Load<Lw, 1, 4> Load<Lw, 2, 4> Load<Lw, 4, 4> Load<Ld, 0, 4> Load<Ld, 1, 4> Load<Ld, 2, 4>
        Load<Ld, 3, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 6, 4> Load<Ld, 7, 4> Load<Lbu, 1, 4> Load<Lhu, 1, 4>
        Store<Sd, 4, 4> Store<Sd, 5, 4> Store<Sd, 5, 6> Store<Sd, 6, 1> Store<Sd, 6, 4> Store<Sd, 7, 4>
        Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 4> Branch<Eq, 4, 2> Branch<Eq, 4, 4> Branch<Ne, 2, 4>
        Branch<Ne, 4, 4> Branch<Ltu, 4, 4> Branch<Geu, 4, 1> GotoFar;
}
