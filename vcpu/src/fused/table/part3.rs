//! @generated, see above.
#![allow(unsafe_code)] // Handlers: see `op`.

#[allow(unused_imports, clippy::wildcard_imports, reason = "any part may have a step of any room")]
use crate::exec::{alu::*, flow::*, mem::*, zb::*};

crate::fused::pairs! {
    Ri<First, 6, 1> => Ri<Second, 4, 4>;
    Ri<First, 6, 4> => Ri<Second, 4, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Branch<Eq, 4, 4> GotoFar;
    Ri<First, 6, 7> => Ri<First, 4, 8> Ri<Second, 4, 4> GotoFar;
    Ri<First, 6, 8> => Branch<Eq, 1, 4>;
    Ri<First, 7, 0> => Ri<Add, 3, 6> Ri<Add, 8, 6> Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 3, 4> Ri<First, 4, 0>
        Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 8, 4> Constant<0> Constant<8>
        Load<Lw, 1, 6> Load<Ld, 0, 5> Load<Ld, 0, 6> Branch<Eq, 0, 4> Branch<Ne, 0, 4> Branch<Lt, 0, 4>
        Branch<Ge, 0, 4> GotoFar;
    Ri<First, 7, 1> => Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<4> GotoFar;
    Ri<First, 7, 2> => Ri<First, 0, 4> Ri<First, 0, 7>;
    Ri<First, 7, 3> => Ri<First, 0, 4> Ri<Second, 4, 4>;
    Ri<First, 7, 4> => Rr<Add, 0, 0, 4> Rr<Add, 4, 4, 4> Rr<Xor, 3, 3, 1> Rr<Addw, 0, 0, 4> Ri<Add, 0, 0>
        Ri<Add, 0, 4> Ri<Add, 0, 5> Ri<Add, 0, 6> Ri<Add, 3, 6> Ri<Add, 4, 4> Ri<Add, 8, 6> Ri<Sll, 1, 1>
        Ri<Addw, 4, 4> Ri<Srlw, 0, 1> Ri<First, 0, 4> Ri<First, 0, 5> Ri<First, 0, 6> Ri<First, 1, 4>
        Ri<First, 2, 4> Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 8, 4> Ri<First, 8, 6>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Constant<0> Constant<4> Constant<8> Load<Ld, 0, 1> Load<Ld, 1, 1> Load<Ld, 4, 4> Load<Ld, 4, 5>
        Store<Sd, 4, 2> Store<Sd, 5, 2> Store<Sd, 5, 4> Store<Sd, 5, 8> Store<Sd, 6, 4> Branch<Eq, 4, 4>
        Branch<Ne, 4, 4> Branch<Lt, 4, 0> Branch<Ge, 4, 0> Branch<Geu, 4, 4> Call<4, 1> Call<4, 4> GotoFar;
    Ri<First, 7, 5> => Ri<First, 0, 4>;
    Ri<First, 7, 6> => Ri<Add, 0, 5> Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 4, 4> Ri<Second, 8, 4>
        Load<Ld, 6, 5>;
    Ri<First, 7, 8> => Ri<First, 0, 4> Ri<First, 4, 0> Ri<First, 8, 3> Ri<Second, 4, 4>;
    Ri<First, 8, 0> => Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 7, 4> Ri<Second, 0, 4> Ri<Second, 7, 4> Constant<7>
        Branch<Eq, 0, 4> Branch<Ne, 0, 4> Branch<Lt, 0, 4> Branch<Ge, 4, 0> GotoFar;
    Ri<First, 8, 1> => Rr<Or, 3, 3, 2> Ri<Add, 1, 1> Branch<Lt, 1, 4>;
    Ri<First, 8, 2> => GotoFar;
    Ri<First, 8, 3> => Store<Sw, 1, 3>;
    Ri<First, 8, 4> => Rr<Add, 0, 0, 4> Rr<Add, 0, 4, 4> Rr<Add, 7, 7, 4> Rr<And, 1, 2, 3> Ri<Add, 7, 4>
        Ri<Add, 7, 5> Ri<Add, 7, 6> Ri<Add, 7, 7> Ri<Addw, 7, 4> Ri<First, 0, 1> Ri<First, 0, 4> Ri<First, 0, 6>
        Ri<First, 2, 4> Ri<First, 3, 4> Ri<First, 4, 4> Ri<First, 7, 1> Ri<First, 7, 4> Ri<First, 7, 6>
        Ri<Second, 0, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Constant<0> Constant<4> Constant<7>
        Load<Ld, 4, 5> Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Ri<First, 8, 6> => Ri<First, 0, 4> Ri<First, 7, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Branch<Geu, 4, 6> GotoFar;
    Ri<First, 8, 7> => Ri<Second, 7, 4> GotoFar;
    Ri<Second, 0, 4> => Rr<Add, 1, 1, 3> Rr<Add, 1, 1, 4> Rr<Add, 4, 4, 4> Ri<Add, 0, 0> Ri<Add, 5, 5> Ri<Sll, 0, 0>
        Ri<Sll, 1, 1> Ri<Addw, 0, 0> Ri<Addw, 1, 4> Ri<Addw, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Load<Lw, 0, 0>
        Load<Ld, 0, 0> Load<Ld, 1, 1> Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 6, 5>
        Load<Lbu, 0, 0> Store<Sd, 3, 1> Store<Sd, 4, 0> Store<Sd, 4, 4> Store<Sd, 5, 3> Store<Sd, 5, 4>
        Store<Sd, 6, 4> Store<Sd, 6, 8> Branch<Eq, 1, 4> Branch<Eq, 2, 1> Branch<Eq, 2, 4> Branch<Eq, 4, 4>
        Branch<Eq, 8, 4> Branch<Ne, 1, 4> Branch<Ne, 2, 1> Branch<Ne, 2, 4> Branch<Ne, 4, 4> Branch<Lt, 1, 4>
        Branch<Ltu, 2, 1> Branch<Geu, 4, 1> Jump<4> Call<4, 1> GotoFar;
    Ri<Second, 1, 4> => Rr<Add, 1, 1, 0> Rr<Add, 1, 1, 4> Rr<Add, 2, 4, 1> Rr<Add, 3, 3, 2> Rr<Add, 4, 4, 1>
        Rr<Add, 4, 4, 2> Rr<Add, 4, 4, 4> Rr<And, 1, 4, 1> Rr<Or, 1, 4, 1> Rr<Or, 2, 2, 1> Rr<Or, 4, 4, 1>
        Rr<Sll, 1, 1, 0> Rr<Sll, 2, 1, 2> Rr<Sll, 8, 1, 4> Rr<Srl, 1, 1, 3> Rr<Srl, 2, 4, 1> Rr<Subw, 1, 1, 4>
        Rr<Subw, 1, 1, 7> Rr<Subw, 3, 4, 3> Rr<Sllw, 1, 1, 3> Rr<Sllw, 1, 1, 8> Rr<Mul, 4, 4, 1> Ri<Add, 1, 1>
        Ri<Add, 2, 0> Ri<Add, 2, 4> Ri<Add, 2, 5> Ri<Add, 2, 6> Ri<Add, 4, 4> Ri<Add, 4, 6> Ri<Add, 5, 5>
        Ri<Add, 7, 6> Ri<Xor, 1, 1> Ri<Sll, 1, 1> Ri<Sll, 2, 2> Ri<Sll, 4, 4> Ri<Srl, 1, 1> Ri<Srl, 4, 4>
        Ri<Addw, 1, 1> Ri<Addw, 2, 0> Ri<Addw, 3, 4> Ri<Addw, 4, 4> Ri<Addw, 8, 8> Ri<First, 0, 1> Ri<First, 0, 4>
        Ri<First, 2, 0> Ri<First, 2, 4> Ri<First, 3, 0> Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 4, 1>
        Ri<First, 4, 4> Ri<First, 4, 7> Ri<First, 4, 8> Ri<First, 6, 0> Ri<First, 7, 0> Ri<First, 7, 4>
        Ri<First, 8, 0> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 6, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<2> Constant<4> Load<Lw, 1, 1>
        Load<Ld, 1, 1> Load<Ld, 2, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Lbu, 1, 1> Load<Lbu, 2, 6>
        Store<Sb, 0, 1> Store<Sb, 1, 4> Store<Sb, 2, 1> Store<Sb, 4, 1> Store<Sb, 4, 4> Store<Sb, 6, 1>
        Store<Sh, 4, 1> Store<Sw, 0, 1> Store<Sw, 1, 4> Store<Sw, 2, 1> Store<Sw, 4, 1> Store<Sw, 4, 4>
        Store<Sw, 5, 1> Store<Sw, 6, 1> Store<Sw, 6, 4> Store<Sd, 0, 4> Store<Sd, 1, 0> Store<Sd, 1, 4>
        Store<Sd, 3, 1> Store<Sd, 4, 1> Store<Sd, 4, 4> Store<Sd, 5, 1> Store<Sd, 5, 4> Store<Sd, 5, 6>
        Store<Sd, 6, 1> Store<Sd, 6, 4> Store<Sd, 7, 1> Store<Sd, 7, 8> Store<Sd, 8, 1> Branch<Eq, 0, 1>
        Branch<Eq, 0, 4> Branch<Eq, 2, 1> Branch<Eq, 2, 4> Branch<Eq, 3, 1> Branch<Eq, 3, 4> Branch<Eq, 4, 1>
        Branch<Eq, 4, 4> Branch<Eq, 6, 1> Branch<Eq, 7, 1> Branch<Eq, 8, 1> Branch<Ne, 0, 1> Branch<Ne, 0, 4>
        Branch<Ne, 2, 1> Branch<Ne, 2, 4> Branch<Ne, 3, 1> Branch<Ne, 3, 4> Branch<Ne, 4, 1> Branch<Ne, 6, 1>
        Branch<Ne, 7, 1> Branch<Ne, 8, 1> Branch<Lt, 1, 0> Branch<Lt, 1, 2> Branch<Lt, 1, 4> Branch<Lt, 1, 8>
        Branch<Ge, 1, 0> Branch<Ge, 1, 2> Branch<Ge, 1, 4> Branch<Ge, 1, 8> Branch<Ltu, 1, 0> Branch<Ltu, 1, 2>
        Branch<Ltu, 1, 4> Branch<Ltu, 1, 7> Branch<Ltu, 1, 8> Branch<Ltu, 3, 2> Branch<Geu, 1, 0> Branch<Geu, 1, 2>
        Branch<Geu, 1, 4> Branch<Geu, 1, 7> Branch<Geu, 1, 8> Branch<Geu, 3, 2> GotoFar;
    Ri<Second, 2, 4> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Add, 2, 2, 4> Rr<And, 1, 1, 2> Rr<And, 1, 1, 3>
        Rr<And, 1, 1, 4> Rr<Or, 1, 1, 2> Rr<Or, 1, 1, 3> Rr<Srl, 2, 2, 1> Ri<Add, 1, 1> Ri<Add, 1, 4> Ri<Add, 2, 2>
        Ri<Add, 3, 4> Ri<Add, 3, 6> Ri<Add, 4, 4> Ri<Add, 4, 6> Ri<Add, 6, 6> Ri<Add, 8, 4> Ri<And, 1, 1>
        Ri<Xor, 2, 2> Ri<Sll, 1, 1> Ri<Sll, 2, 2> Ri<Srl, 1, 1> Ri<Srl, 2, 2> Ri<Sra, 1, 1> Ri<Addw, 1, 1>
        Ri<Addw, 2, 2> Ri<Srlw, 0, 1> Ri<Srlw, 1, 1> Ri<Sraw, 1, 0> Ri<First, 0, 4> Ri<First, 1, 0> Ri<First, 1, 4>
        Ri<First, 3, 4> Ri<First, 3, 6> Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 4, 7> Ri<First, 7, 4>
        Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Constant<3> Constant<4> Constant<8> Load<Lw, 1, 4> Load<Lw, 2, 2> Load<Ld, 0, 5>
        Load<Ld, 1, 0> Load<Ld, 1, 4> Load<Ld, 1, 7> Load<Ld, 2, 2> Load<Ld, 3, 1> Load<Ld, 3, 6> Load<Ld, 4, 5>
        Load<Ld, 8, 0> Load<Lbu, 2, 2> Store<Sb, 1, 2> Store<Sb, 2, 1> Store<Sb, 4, 2> Store<Sw, 1, 2>
        Store<Sw, 2, 1> Store<Sw, 4, 1> Store<Sw, 4, 2> Store<Sw, 6, 2> Store<Sd, 2, 4> Store<Sd, 4, 2>
        Store<Sd, 5, 2> Store<Sd, 5, 4> Store<Sd, 6, 4> Branch<Eq, 0, 2> Branch<Eq, 0, 4> Branch<Eq, 1, 2>
        Branch<Eq, 1, 4> Branch<Eq, 3, 2> Branch<Eq, 4, 2> Branch<Eq, 4, 3> Branch<Eq, 4, 4> Branch<Eq, 7, 2>
        Branch<Eq, 8, 2> Branch<Ne, 0, 2> Branch<Ne, 1, 2> Branch<Ne, 1, 4> Branch<Ne, 3, 2> Branch<Ne, 4, 2>
        Branch<Ne, 4, 4> Branch<Ne, 8, 2> Branch<Lt, 2, 1> Branch<Ge, 2, 0> Branch<Ge, 2, 1> Branch<Ltu, 2, 0>
        Branch<Ltu, 2, 1> Branch<Ltu, 2, 3> Branch<Ltu, 2, 7> Branch<Ltu, 2, 8> Branch<Geu, 1, 2> Branch<Geu, 2, 0>
        Branch<Geu, 2, 1> Branch<Geu, 2, 4> Branch<Geu, 2, 8> GotoFar;
    Ri<Second, 3, 4> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Add, 2, 2, 4> Rr<Add, 3, 3, 1> Rr<And, 1, 1, 2>
        Rr<And, 2, 1, 3> Rr<And, 2, 2, 3> Rr<Or, 1, 1, 3> Rr<Or, 2, 2, 3> Rr<Sll, 3, 3, 0> Rr<Subw, 3, 3, 7>
        Rr<Subw, 7, 7, 1> Ri<Add, 0, 5> Ri<Add, 1, 1> Ri<Add, 1, 4> Ri<Add, 3, 3> Ri<Add, 8, 4> Ri<Add, 8, 6>
        Ri<And, 1, 1> Ri<And, 2, 2> Ri<Sll, 1, 1> Ri<Sll, 2, 2> Ri<Sll, 3, 3> Ri<Srl, 3, 3> Ri<Addw, 1, 1>
        Ri<Addw, 2, 2> Ri<Sllw, 1, 2> Ri<Sllw, 2, 1> Ri<First, 0, 4> Ri<First, 2, 4> Ri<First, 4, 0> Ri<First, 4, 4>
        Ri<First, 7, 4> Ri<First, 8, 3> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Constant<8> Load<Lw, 3, 3> Load<Ld, 1, 5>
        Load<Ld, 3, 3> Load<Ld, 4, 5> Load<Ld, 8, 5> Load<Lbu, 1, 0> Load<Lbu, 3, 3> Store<Sb, 2, 3> Store<Sw, 1, 3>
        Store<Sw, 2, 3> Store<Sw, 4, 2> Store<Sw, 4, 3> Store<Sd, 1, 7> Store<Sd, 5, 6> Branch<Eq, 0, 3>
        Branch<Eq, 1, 3> Branch<Eq, 1, 4> Branch<Eq, 2, 3> Branch<Eq, 2, 4> Branch<Eq, 4, 3> Branch<Ne, 1, 3>
        Branch<Ne, 1, 4> Branch<Ne, 2, 3> Branch<Ne, 4, 3> Branch<Ne, 8, 3> Branch<Lt, 0, 4> Branch<Lt, 3, 1>
        Branch<Ge, 3, 1> Branch<Ltu, 3, 1> Branch<Ltu, 3, 2> Branch<Ltu, 3, 4> Branch<Ltu, 3, 8> Branch<Geu, 3, 1>
        Branch<Geu, 3, 2> GotoFar;
    Ri<Second, 4, 4> => Rr<Add, 1, 1, 4> Rr<Add, 1, 4, 4> Rr<Add, 4, 4, 4> Rr<Sub, 4, 4, 4> Rr<Sub, 7, 4, 4>
        Rr<Subw, 4, 4, 4> Ri<Add, 0, 0> Ri<Add, 1, 1> Ri<Add, 1, 4> Ri<Add, 1, 5> Ri<Add, 2, 2> Ri<Add, 4, 4>
        Ri<Add, 4, 5> Ri<Add, 4, 6> Ri<And, 1, 1> Ri<And, 1, 4> Ri<And, 4, 4> Ri<Xor, 7, 4> Ri<Sll, 1, 4>
        Ri<Sll, 4, 4> Ri<Srl, 4, 4> Ri<Addw, 1, 1> Ri<Addw, 1, 4> Ri<Addw, 3, 4> Ri<Addw, 4, 4> Ri<Srlw, 0, 2>
        Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 1, 4> Ri<First, 3, 2> Ri<First, 3, 4> Ri<First, 4, 0>
        Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4>
        Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 6, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4>
        Load<Lw, 1, 0> Load<Lw, 1, 4> Load<Lw, 2, 4> Load<Lw, 4, 4> Load<Ld, 0, 4> Load<Ld, 0, 5> Load<Ld, 0, 6>
        Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 1, 6> Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 3, 4> Load<Ld, 4, 4>
        Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 7, 4> Load<Ld, 8, 4> Load<Lbu, 1, 4> Load<Lbu, 4, 4> Load<Lwu, 4, 4>
        Store<Sw, 4, 1> Store<Sw, 4, 2> Store<Sw, 4, 4> Store<Sw, 6, 4> Store<Sd, 4, 3> Store<Sd, 4, 4>
        Store<Sd, 5, 1> Store<Sd, 5, 4> Store<Sd, 5, 6> Store<Sd, 6, 1> Store<Sd, 6, 4> Branch<Eq, 0, 4>
        Branch<Eq, 1, 3> Branch<Eq, 1, 4> Branch<Eq, 2, 4> Branch<Eq, 3, 4> Branch<Eq, 4, 4> Branch<Eq, 7, 4>
        Branch<Eq, 8, 4> Branch<Ne, 0, 4> Branch<Ne, 1, 4> Branch<Ne, 2, 1> Branch<Ne, 2, 4> Branch<Ne, 4, 4>
        Branch<Ne, 7, 4> Branch<Lt, 4, 4> Branch<Ge, 4, 4> Branch<Ltu, 1, 2> Branch<Ltu, 1, 4> Branch<Ltu, 2, 4>
        Branch<Ltu, 4, 0> Branch<Ltu, 4, 1> Branch<Ltu, 4, 4> Branch<Geu, 2, 4> Branch<Geu, 4, 1> Call<4, 4> GotoFar;
    Ri<Second, 6, 4> => Rr<And, 6, 4, 6> Ri<Add, 6, 6> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Load<Ld, 2, 5> Load<Ld, 4, 5> Load<Ld, 6, 6> Branch<Eq, 1, 4> Branch<Eq, 4, 4> Branch<Ne, 0, 4> GotoFar;
    Ri<Second, 7, 4> => Rr<Add, 0, 0, 4> Rr<Add, 0, 1, 4> Rr<Add, 8, 8, 1> Rr<Or, 1, 1, 0> Rr<Or, 3, 3, 7>
        Rr<Sll, 7, 7, 4> Ri<Add, 0, 0> Ri<Add, 0, 4> Ri<Add, 0, 5> Ri<Add, 0, 6> Ri<Add, 1, 1> Ri<Add, 2, 2>
        Ri<Add, 4, 4> Ri<Add, 5, 5> Ri<Add, 7, 7> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Sll, 7, 7> Ri<Addw, 8, 8>
        Ri<First, 0, 1> Ri<First, 0, 3> Ri<First, 0, 4> Ri<First, 0, 5> Ri<First, 0, 6> Ri<First, 4, 0>
        Ri<First, 6, 0> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<0> Constant<4> Constant<8> Load<Lw, 7, 7> Load<Lw, 8, 6>
        Load<Ld, 7, 7> Load<Lbu, 7, 7> Load<Lwu, 7, 7> Store<Sw, 6, 4> Store<Sd, 5, 4> Store<Sd, 6, 4>
        Branch<Eq, 0, 7> Branch<Eq, 1, 4> Branch<Eq, 2, 4> Branch<Eq, 4, 1> Branch<Eq, 4, 4> Branch<Ne, 1, 4>
        Branch<Ne, 2, 4> Branch<Ne, 2, 7> Branch<Ltu, 2, 4> Branch<Ltu, 4, 1> Branch<Geu, 1, 0> Call<4, 1>
        Call<4, 4> GotoFar;
    Ri<Second, 8, 4> => Rr<Add, 0, 4, 8> Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 3> Ri<Add, 0, 0> Ri<Add, 0, 4> Ri<Add, 0, 5>
        Ri<Add, 0, 6> Ri<Add, 3, 5> Ri<Add, 4, 4> Ri<Add, 5, 5> Ri<Add, 7, 4> Ri<Add, 7, 5> Ri<Add, 7, 6>
        Ri<Add, 7, 7> Ri<Add, 8, 8> Ri<Xor, 8, 8> Ri<Sll, 1, 1> Ri<Sll, 8, 8> Ri<Srl, 8, 8> Ri<Sraw, 1, 2>
        Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 4, 7> Ri<First, 7, 3>
        Ri<First, 7, 4> Ri<First, 7, 5> Ri<First, 7, 6> Ri<First, 7, 8> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Constant<4> Constant<7> Load<Lw, 8, 8>
        Load<Ld, 8, 8> Load<Lbu, 8, 8> Store<Sb, 6, 1> Store<Sw, 1, 8> Store<Sd, 5, 4> Store<Sd, 5, 8>
        Store<Sd, 6, 0> Store<Sd, 6, 4> Branch<Eq, 1, 4> Branch<Eq, 1, 8> Branch<Eq, 2, 8> Branch<Eq, 3, 8>
        Branch<Eq, 4, 4> Branch<Eq, 4, 8> Branch<Ne, 1, 8> Branch<Ne, 2, 8> Branch<Ne, 3, 8> Branch<Ne, 4, 8>
        Branch<Ltu, 4, 4> Branch<Ltu, 8, 3> Branch<Geu, 8, 2> GotoFar;
    Ri<Ctz, 1, 1> => Ri<Addw, 1, 1>;
    Ri<Ctz, 2, 2> => Ri<Addw, 2, 2>;
    Constant<0> => Ri<Add, 0, 0> Load<Lw, 0, 0> Load<Ld, 0, 0>;
    Constant<1> => Ri<Add, 1, 1> Load<Lw, 1, 1> Load<Ld, 1, 1> Load<Lbu, 1, 1> Store<Sw, 1, 0> Store<Sd, 1, 0>;
    Constant<2> => Ri<Add, 2, 2> Load<Lw, 2, 2> Load<Ld, 2, 2> Load<Lwu, 2, 2> Store<Sw, 2, 1> Store<Sd, 2, 1>;
    Constant<3> => Ri<Add, 3, 3> Load<Lw, 3, 3> Load<Lbu, 3, 3>;
    Constant<4> => Ri<Add, 4, 4> Load<Lw, 4, 4> Load<Ld, 4, 4> Call<4, 4> GotoFar;
    Constant<7> => Ri<Add, 7, 7> Load<Ld, 7, 7> Load<Lbu, 7, 7>;
    Constant<8> => Ri<Add, 8, 8> Load<Lw, 8, 8> Load<Ld, 8, 8>;
    Load<Lb, 1, 8> => Ri<Add, 8, 8>;
    Load<Lh, 1, 1> => Branch<Ge, 1, 4>;
    Load<Lh, 1, 5> => Branch<Eq, 1, 4>;
    Load<Lh, 2, 0> => Load<Lw, 1, 4>;
    Load<Lh, 2, 2> => Ri<Sll, 2, 2> Ri<Addw, 1, 1>;
    Load<Lh, 7, 7> => Ri<Sll, 7, 7>;
    Load<Lw, 0, 0> => Ri<Add, 5, 5> Constant<4>;
    Load<Lw, 0, 1> => Ri<Addw, 0, 0> Ri<Addw, 4, 4> Ri<Second, 4, 4> Constant<4> Load<Ld, 4, 5>;
    Load<Lw, 0, 4> => Rr<Addw, 0, 0, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Constant<4>
        Load<Ld, 4, 5> Branch<Eq, 0, 4>;
    Load<Lw, 0, 5> => Ri<Second, 4, 4> Ri<Second, 7, 4> Branch<Ne, 0, 4>;
    Load<Lw, 0, 6> => Ri<Second, 4, 4> Load<Ld, 4, 5> GotoFar;
    Load<Lw, 0, 7> => Branch<Eq, 0, 4>;
    Load<Lw, 0, 8> => Ri<Add, 7, 4> Ri<Add, 7, 6> Constant<4>;
    Load<Lw, 1, 0> => Ri<Add, 5, 5> Ri<And, 1, 1> Ri<Or, 1, 1> Ri<Addw, 1, 1> Ri<First, 4, 0> Ri<First, 8, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Load<Lw, 2, 0>
        Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lw, 1, 1> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Subw, 3, 4, 1> Ri<And, 1, 1> Ri<Sll, 0, 1> Ri<Sll, 1, 1>
        Ri<Sll, 2, 1> Ri<Addw, 1, 1> Ri<First, 4, 0> Ri<Second, 2, 4> Load<Ld, 4, 5> Store<Sw, 4, 1>
        Branch<Eq, 1, 2> Branch<Eq, 1, 4> Branch<Ne, 1, 2> Branch<Ne, 1, 4> Branch<Ltu, 1, 0> Branch<Geu, 1, 0>;
    Load<Lw, 1, 2> => Ri<And, 1, 1> Ri<Addw, 1, 1> Load<Lw, 3, 2> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lw, 1, 3> => Ri<Addw, 1, 1>;
    Load<Lw, 1, 4> => Rr<Add, 1, 1, 2> Rr<Add, 2, 4, 4> Rr<And, 1, 1, 4> Rr<Sll, 8, 4, 3> Rr<Addw, 1, 1, 4>
        Ri<Add, 0, 4> Ri<Add, 3, 6> Ri<Add, 4, 4> Ri<And, 1, 1> Ri<And, 2, 1> Ri<And, 4, 4> Ri<Or, 1, 1>
        Ri<Sll, 1, 1> Ri<Sll, 2, 1> Ri<Sll, 3, 1> Ri<Addw, 1, 1> Ri<Addw, 2, 1> Ri<Addw, 2, 4> Ri<Addw, 4, 4>
        Ri<Addw, 8, 0> Ri<First, 0, 4> Ri<First, 2, 0> Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 4, 4>
        Ri<First, 6, 0> Ri<First, 7, 0> Ri<First, 7, 4> Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 3, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Load<Lw, 2, 4> Load<Lw, 3, 4> Load<Lw, 4, 4>
        Load<Lw, 8, 4> Load<Ld, 0, 4> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 3, 4> Load<Ld, 4, 4> Load<Ld, 4, 5>
        Load<Ld, 4, 6> Load<Ld, 7, 6> Store<Sw, 4, 1> Store<Sw, 6, 1> Store<Sd, 4, 0> Store<Sd, 4, 4>
        Store<Sd, 6, 0> Branch<Eq, 1, 4> Branch<Ne, 1, 0> Branch<Ne, 1, 2> Branch<Ne, 1, 4> Branch<Ne, 2, 1>
        Branch<Lt, 1, 4> Branch<Lt, 4, 1> Branch<Ge, 1, 4> Branch<Ge, 2, 1> Branch<Ge, 4, 1> Branch<Ltu, 1, 0>
        Branch<Ltu, 4, 1> Branch<Geu, 2, 1> Branch<Geu, 4, 1> GotoFar;
    Load<Lw, 1, 5> => Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Branch<Eq, 1, 4> Branch<Ne, 1, 4>;
    Load<Lw, 1, 6> => Rr<And, 1, 1, 4> Rr<Addw, 4, 4, 0> Ri<Add, 4, 4> Ri<And, 1, 1> Ri<And, 2, 1> Ri<And, 3, 1>
        Ri<Or, 1, 1> Ri<Sll, 2, 1> Ri<Sra, 1, 1> Ri<Addw, 1, 1> Ri<Addw, 4, 4> Ri<First, 4, 0> Ri<First, 8, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Load<Lw, 2, 6> Load<Lw, 3, 6>
        Load<Lw, 4, 6> Load<Lw, 7, 6> Load<Ld, 0, 4> Load<Ld, 2, 6> Load<Ld, 4, 6> Load<Ld, 8, 5> Store<Sh, 0, 3>
        Store<Sw, 6, 8> Store<Sd, 5, 4> Store<Sd, 6, 0> Branch<Eq, 1, 4> Branch<Ne, 1, 4> Branch<Lt, 1, 4>
        Branch<Lt, 4, 1> Branch<Ge, 4, 1> Branch<Ltu, 4, 1> Branch<Geu, 4, 1> GotoFar;
    Load<Lw, 1, 7> => Ri<And, 1, 1> Ri<Second, 0, 4> Ri<Second, 2, 4> Branch<Eq, 1, 4>;
    Load<Lw, 1, 8> => Branch<Eq, 1, 4>;
    Load<Lw, 2, 0> => Ri<Addw, 2, 2> Ri<Second, 1, 4> Ri<Second, 7, 4> Load<Lw, 3, 0> Branch<Geu, 2, 3>;
    Load<Lw, 2, 1> => Rr<And, 2, 2, 0> Ri<Add, 1, 1> Ri<And, 2, 2> Ri<Addw, 2, 2> Ri<Addw, 4, 4> Ri<First, 4, 1>
        Ri<Second, 1, 4> Ri<Second, 3, 4> Branch<Eq, 2, 4> Branch<Ne, 2, 0> Branch<Ne, 2, 3> Branch<Ne, 2, 4>
        Branch<Ne, 2, 8> Branch<Lt, 4, 2> Branch<Ltu, 3, 2> Branch<Geu, 0, 2>;
}
