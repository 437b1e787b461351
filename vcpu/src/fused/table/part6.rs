//! @generated, see above.
#![allow(unsafe_code)] // Handlers: see `op`.

#[allow(unused_imports, clippy::wildcard_imports, reason = "any part may have a step of any room")]
use crate::exec::{alu::*, flow::*, mem::*, zb::*};

crate::fused::pairs! {
    Store<Sd, 1, 2> => Ri<Add, 4, 4> Ri<Add, 8, 8> Ri<First, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Constant<4> Load<Lw, 1, 1> Load<Ld, 1, 4> Load<Ld, 2, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Store<Sw, 0, 4>
        Store<Sd, 1, 2> Store<Sd, 4, 4> Branch<Ne, 4, 3> Branch<Ne, 4, 4> GotoFar;
    Store<Sd, 1, 3> => Load<Ld, 4, 5> Store<Sd, 1, 2> Store<Sd, 1, 8>;
    Store<Sd, 1, 4> => Ri<Add, 1, 1> Ri<Addw, 4, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Constant<4> Load<Ld, 1, 4>
        Load<Ld, 4, 5> Load<Ld, 8, 2> Store<Sw, 1, 4> Store<Sd, 1, 2> Store<Sd, 1, 4> Store<Sd, 1, 6>
        Store<Sd, 1, 8> Branch<Ne, 6, 4> Branch<Geu, 4, 3> GotoFar;
    Store<Sd, 1, 5> => Store<Sd, 1, 2>;
    Store<Sd, 1, 6> => Store<Sd, 1, 5>;
    Store<Sd, 1, 8> => Rr<Add, 2, 2, 0> Store<Sd, 1, 3> Store<Sd, 8, 1>;
    Store<Sd, 2, 0> => Load<Ld, 2, 4>;
    Store<Sd, 2, 1> => Ri<Srl, 1, 8> Ri<Second, 0, 4> Load<Ld, 1, 4> Load<Ld, 4, 5> Store<Sd, 1, 2> Branch<Eq, 1, 4>
        Branch<Ne, 4, 4> GotoFar;
    Store<Sd, 2, 3> => Ri<Add, 1, 1> Ri<Add, 8, 4> GotoFar;
    Store<Sd, 2, 4> => Store<Sd, 2, 0> Store<Sd, 2, 4> GotoFar;
    Store<Sd, 2, 7> => Store<Sd, 2, 8>;
    Store<Sd, 2, 8> => Constant<1>;
    Store<Sd, 3, 1> => Load<Ld, 1, 0> Load<Ld, 1, 6> GotoFar;
    Store<Sd, 3, 2> => Store<Sd, 2, 3> Branch<Lt, 4, 4>;
    Store<Sd, 3, 4> => Ri<Second, 0, 4> Load<Ld, 1, 6> Load<Ld, 3, 4> Store<Sd, 3, 4>;
    Store<Sd, 3, 5> => Ri<First, 4, 4>;
    Store<Sd, 3, 7> => Store<Sd, 3, 6>;
    Store<Sd, 3, 8> => GotoFar;
    Store<Sd, 4, 0> => Ri<Add, 4, 4> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 1, 0> Ri<First, 2, 6> Ri<First, 4, 0>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Load<Lw, 1, 4> Load<Ld, 1, 4>
        Load<Ld, 4, 5> Load<Ld, 7, 6> Store<Sd, 4, 4> Store<Sd, 4, 7> Branch<Eq, 0, 4> Branch<Eq, 4, 4>
        Branch<Ne, 0, 4> Branch<Ne, 4, 4> GotoFar;
    Store<Sd, 4, 1> => Ri<Add, 3, 3> Ri<Add, 3, 6> Ri<Add, 4, 4> Ri<First, 0, 4> Ri<First, 2, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Constant<4> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Lw, 3, 4>
        Load<Ld, 1, 2> Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 2, 4> Load<Ld, 4, 1> Load<Ld, 4, 4> Load<Ld, 4, 5>
        Load<Lbu, 1, 4> Load<Lbu, 2, 1> Load<Lwu, 3, 4> Store<Sw, 4, 4> Store<Sd, 1, 4> Store<Sd, 4, 1>
        Store<Sd, 4, 2> Store<Sd, 4, 4> Store<Sd, 4, 8> Branch<Eq, 4, 4> Branch<Ne, 1, 4> Branch<Ne, 4, 4> GotoFar;
    Store<Sd, 4, 2> => Ri<Add, 1, 1> Ri<Addw, 8, 4> Ri<First, 3, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Ld, 1, 1>
        Load<Ld, 1, 4> Load<Ld, 2, 1> Load<Ld, 2, 4> Load<Ld, 3, 4> Load<Ld, 4, 2> Load<Ld, 4, 5> Load<Lbu, 4, 1>
        Store<Sb, 1, 4> Store<Sw, 4, 1> Store<Sd, 4, 1> Store<Sd, 4, 3> Store<Sd, 4, 4> Branch<Eq, 1, 4>
        Branch<Ltu, 2, 1> Branch<Ltu, 2, 6> GotoFar;
    Store<Sd, 4, 3> => Ri<Second, 2, 4> Ri<Second, 3, 4> Load<Ld, 1, 4> Store<Sb, 2, 8> Store<Sd, 4, 1>
        Store<Sd, 4, 2> Store<Sd, 4, 4> Branch<Eq, 4, 4> GotoFar;
    Store<Sd, 4, 4> => Rr<Add, 1, 1, 2> Rr<Add, 1, 1, 4> Rr<Add, 3, 3, 8> Ri<Add, 4, 4> Ri<And, 1, 1> Ri<Addw, 0, 4>
        Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 7, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<4>
        Load<Lw, 1, 4> Load<Lw, 2, 4> Load<Ld, 0, 4> Load<Ld, 1, 4> Load<Ld, 2, 4> Load<Ld, 2, 6> Load<Ld, 4, 4>
        Load<Ld, 4, 5> Load<Lbu, 1, 4> Store<Sb, 4, 4> Store<Sw, 4, 1> Store<Sw, 4, 4> Store<Sd, 1, 4>
        Store<Sd, 4, 0> Store<Sd, 4, 1> Store<Sd, 4, 2> Store<Sd, 4, 4> Store<Sd, 4, 8> Branch<Eq, 1, 4>
        Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Store<Sd, 4, 6> => Ri<Second, 1, 4> Ri<Second, 4, 4> Load<Ld, 4, 5> Store<Sd, 4, 4> GotoFar;
    Store<Sd, 4, 7> => Ri<Second, 4, 4> Store<Sd, 4, 8>;
    Store<Sd, 4, 8> => Store<Sb, 2, 1> Store<Sw, 4, 3> Store<Sd, 4, 1> Store<Sd, 4, 3> GotoFar;
    Store<Sd, 5, 0> => Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Load<Ld, 0, 5>
        Store<Sd, 5, 4> Store<Sd, 5, 7> Branch<Eq, 0, 4> Branch<Ne, 0, 4> Branch<Lt, 0, 4> GotoFar;
    Store<Sd, 5, 1> => Ri<Add, 1, 5> Ri<Add, 1, 6> Ri<Add, 4, 5> Ri<First, 4, 4> Ri<Second, 1, 4> Ri<Second, 4, 4>
        Load<Ld, 1, 5> Store<Sw, 5, 4> Store<Sd, 5, 1> Store<Sd, 5, 2> Store<Sd, 5, 3> Store<Sd, 5, 4>
        Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Store<Sd, 5, 2> => Ri<Second, 2, 4> Ri<Second, 4, 4> Store<Sb, 4, 1> Store<Sd, 5, 1> Store<Sd, 5, 4> GotoFar;
    Store<Sd, 5, 3> => Ri<Add, 4, 5> Ri<Second, 4, 4> Store<Sd, 5, 2> Store<Sd, 5, 4> Store<Sd, 5, 8>;
    Store<Sd, 5, 4> => Rr<Add, 1, 1, 2> Rr<Sub, 4, 4, 8> Ri<Add, 4, 0> Ri<Add, 4, 4> Ri<Add, 4, 5> Ri<Add, 4, 6>
        Ri<Add, 6, 5> Ri<And, 1, 1> Ri<Sll, 4, 4> Ri<Srl, 1, 1> Ri<Srl, 4, 4> Ri<Addw, 1, 7> Ri<Addw, 4, 4>
        Ri<First, 0, 4> Ri<First, 1, 4> Ri<First, 4, 0> Ri<First, 4, 1> Ri<First, 4, 2> Ri<First, 4, 3>
        Ri<First, 4, 4> Ri<First, 4, 7> Ri<First, 4, 8> Ri<First, 6, 0> Ri<First, 6, 7> Ri<First, 7, 4>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 6, 4>
        Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<1> Constant<4> Load<Lw, 1, 0> Load<Lw, 1, 4> Load<Lw, 4, 4>
        Load<Lw, 4, 6> Load<Ld, 0, 4> Load<Ld, 1, 0> Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 2, 4> Load<Ld, 4, 0>
        Load<Ld, 4, 1> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 4, 8> Load<Lbu, 1, 0> Load<Lbu, 1, 4>
        Load<Lbu, 8, 4> Load<Lwu, 7, 4> Store<Sb, 5, 4> Store<Sw, 5, 4> Store<Sw, 6, 4> Store<Sd, 5, 0>
        Store<Sd, 5, 1> Store<Sd, 5, 2> Store<Sd, 5, 3> Store<Sd, 5, 4> Store<Sd, 5, 6> Store<Sd, 5, 7>
        Store<Sd, 5, 8> Store<Sd, 6, 1> Store<Sd, 6, 2> Store<Sd, 6, 4> Branch<Eq, 4, 4> Branch<Ne, 1, 4>
        Branch<Ne, 4, 4> Branch<Lt, 4, 4> GotoFar;
    Store<Sd, 5, 6> => Ri<Add, 6, 5> Ri<First, 6, 0> Ri<Second, 4, 4> Ri<Second, 6, 4> Load<Lw, 6, 1> Load<Ld, 1, 4>
        Store<Sd, 5, 4>;
    Store<Sd, 5, 7> => Ri<Second, 4, 4> Store<Sd, 5, 0> Store<Sd, 5, 8>;
    Store<Sd, 5, 8> => Ri<Second, 4, 4> Store<Sd, 5, 3> Store<Sd, 5, 4> GotoFar;
    Store<Sd, 6, 0> => Rr<Add, 1, 4, 6> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4>
        Ri<Second, 4, 4> Constant<4> Load<Lw, 1, 6> Load<Ld, 0, 6> Store<Sd, 6, 0> Store<Sd, 6, 4> Store<Sd, 6, 7>
        Branch<Eq, 0, 4> Branch<Ne, 0, 4> Branch<Lt, 0, 4> GotoFar;
    Store<Sd, 6, 1> => Ri<Add, 6, 6> Ri<And, 1, 4> Ri<First, 0, 6> Ri<Second, 1, 4> Ri<Second, 4, 4> Constant<4>
        Load<Ld, 0, 6> Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 4, 6> Load<Ld, 6, 5> Store<Sd, 6, 1> Store<Sd, 6, 2>
        Store<Sd, 6, 3> Store<Sd, 6, 4> Store<Sd, 6, 7> Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 4>
        Branch<Ne, 1, 4> Branch<Ne, 4, 4> GotoFar;
    Store<Sd, 6, 2> => Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Constant<4> Store<Sb, 1, 4> Store<Sw, 6, 1>
        Store<Sd, 6, 1> Store<Sd, 6, 3> Store<Sd, 6, 4> Store<Sd, 6, 7> GotoFar;
    Store<Sd, 6, 3> => Ri<Second, 4, 4> Constant<4> Store<Sd, 6, 1> Store<Sd, 6, 2> Store<Sd, 6, 3> Store<Sd, 6, 4>
        Store<Sd, 6, 8> Branch<Geu, 4, 1>;
    Store<Sd, 6, 4> => Ri<Add, 4, 6> Ri<Addw, 3, 3> Ri<Addw, 7, 1> Ri<First, 0, 4> Ri<First, 3, 8> Ri<First, 4, 0>
        Ri<First, 4, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Constant<4>
        Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Store<Sw, 6, 4> Store<Sd, 4, 4>
        Store<Sd, 6, 0> Store<Sd, 6, 1> Store<Sd, 6, 2> Store<Sd, 6, 3> Store<Sd, 6, 4> Store<Sd, 6, 8>
        Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 4> Branch<Lt, 1, 0> GotoFar;
    Store<Sd, 6, 7> => Ri<Addw, 7, 7> Ri<Second, 4, 4> Constant<4> Load<Ld, 1, 6> Store<Sd, 6, 0> Store<Sd, 6, 3>
        Store<Sd, 6, 8> Call<4, 1>;
    Store<Sd, 6, 8> => Ri<Srl, 3, 8> Ri<Second, 4, 4> Constant<4> Store<Sd, 6, 2> Store<Sd, 6, 3> Store<Sd, 6, 4>
        Store<Sd, 6, 7>;
    Store<Sd, 7, 0> => Ri<Second, 0, 4>;
    Store<Sd, 7, 1> => Ri<Second, 0, 4> Store<Sd, 1, 7>;
    Store<Sd, 7, 4> => Store<Sd, 4, 7> Store<Sd, 7, 4>;
    Store<Sd, 7, 8> => Ri<Sll, 3, 3>;
    Store<Sd, 8, 1> => Load<Ld, 8, 2> Store<Sd, 8, 4>;
    Store<Sd, 8, 3> => Ri<Sll, 2, 2>;
    Store<Sd, 8, 4> => Store<Sd, 3, 1> Store<Sd, 8, 4>;
    Store<Sd, 8, 7> => Ri<Add, 3, 3>;
    Branch<Eq, 0, 1> => Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Load<Ld, 0, 4> Load<Ld, 4, 5>
        Branch<Eq, 0, 2> Branch<Ne, 0, 4> Branch<Ne, 4, 4>;
    Branch<Eq, 0, 2> => Rr<Xor, 0, 0, 2> Ri<Second, 2, 4> Branch<Lt, 2, 0>;
    Branch<Eq, 0, 4> => Rr<Add, 4, 4, 4> Rr<Subw, 8, 0, 4> Ri<Add, 0, 0> Ri<Add, 0, 1> Ri<Add, 0, 4> Ri<Add, 1, 0>
        Ri<Add, 4, 0> Ri<Add, 4, 4> Ri<Add, 4, 6> Ri<Add, 5, 5> Ri<Add, 6, 6> Ri<Add, 7, 5> Ri<And, 1, 0>
        Ri<Sll, 1, 4> Ri<Sll, 4, 4> Ri<Addw, 0, 0> Ri<Addw, 1, 0> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 0, 6>
        Ri<First, 3, 4> Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 7, 0> Ri<First, 7, 4> Ri<First, 8, 0>
        Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4>
        Ri<Second, 6, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<0> Constant<1> Constant<3> Constant<4>
        Constant<7> Load<Lw, 0, 6> Load<Lw, 1, 0> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Lw, 2, 0> Load<Lw, 2, 4>
        Load<Lw, 2, 6> Load<Lw, 3, 0> Load<Lw, 3, 6> Load<Lw, 4, 0> Load<Lw, 4, 6> Load<Ld, 0, 0> Load<Ld, 0, 4>
        Load<Ld, 0, 5> Load<Ld, 0, 6> Load<Ld, 1, 0> Load<Ld, 1, 3> Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 1, 6>
        Load<Ld, 2, 0> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 3, 4> Load<Ld, 3, 5> Load<Ld, 3, 6>
        Load<Ld, 4, 0> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 6, 4> Load<Ld, 6, 5> Load<Ld, 6, 6> Load<Ld, 7, 4>
        Load<Ld, 7, 5> Load<Ld, 7, 6> Load<Ld, 8, 4> Load<Ld, 8, 6> Load<Lbu, 1, 0> Load<Lbu, 1, 4> Load<Lbu, 1, 6>
        Load<Lbu, 2, 0> Load<Lbu, 2, 4> Load<Lbu, 8, 4> Load<Lhu, 0, 5> Load<Lhu, 1, 4> Load<Lhu, 2, 5>
        Store<Sb, 0, 4> Store<Sw, 0, 4> Store<Sw, 4, 4> Store<Sd, 0, 4> Store<Sd, 4, 0> Store<Sd, 4, 4>
        Store<Sd, 5, 4> Store<Sd, 6, 0> Store<Sd, 6, 4> Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 4>
        Branch<Eq, 6, 4> Branch<Eq, 7, 4> Branch<Ne, 0, 4> Branch<Ne, 4, 4> Branch<Lt, 0, 4> Branch<Lt, 4, 4>
        Branch<Ge, 4, 0> Branch<Geu, 4, 4> GotoFar;
    Branch<Eq, 0, 7> => GotoFar;
    Branch<Eq, 0, 8> => Ri<First, 0, 3>;
    Branch<Eq, 1, 2> => Ri<Add, 2, 1> Ri<Addw, 1, 1> Ri<First, 0, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Ld, 1, 4>
        Load<Ld, 2, 6> Load<Ld, 4, 5> Load<Lbu, 1, 6> Branch<Eq, 1, 3> Branch<Eq, 1, 4> Branch<Ne, 1, 4>
        Branch<Ltu, 2, 1> GotoFar;
    Branch<Eq, 1, 3> => Rr<Add, 8, 1, 2> Ri<Add, 3, 1> Ri<Second, 2, 4> Ri<Second, 3, 4> Load<Lw, 2, 1>
        Branch<Ltu, 3, 1> GotoFar;
    Branch<Eq, 1, 4> => Rr<Add, 1, 1, 0> Rr<Add, 1, 1, 4> Rr<Sub, 1, 4, 1> Rr<And, 2, 1, 4> Rr<Subw, 1, 4, 1>
        Ri<Add, 0, 0> Ri<Add, 0, 4> Ri<Add, 1, 4> Ri<Add, 2, 1> Ri<Add, 2, 2> Ri<Add, 4, 0> Ri<Add, 4, 4>
        Ri<Add, 5, 5> Ri<And, 1, 0> Ri<And, 1, 4> Ri<Or, 0, 0> Ri<Or, 4, 4> Ri<Or, 7, 7> Ri<Sll, 1, 1> Ri<Sll, 1, 4>
        Ri<Sll, 1, 6> Ri<Sll, 2, 1> Ri<Srl, 1, 1> Ri<Sltu, 7, 7> Ri<Addw, 0, 4> Ri<Addw, 1, 0> Ri<Addw, 1, 1>
        Ri<Addw, 2, 1> Ri<Addw, 4, 4> Ri<First, 0, 1> Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 3, 4>
        Ri<First, 4, 0> Ri<First, 4, 1> Ri<First, 4, 4> Ri<First, 6, 2> Ri<First, 7, 4> Ri<First, 8, 4>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Constant<0> Constant<2> Constant<3> Constant<4> Constant<7> Constant<8> Load<Lw, 0, 4>
        Load<Lw, 1, 1> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Lw, 2, 1> Load<Lw, 2, 4> Load<Lw, 2, 6> Load<Lw, 3, 1>
        Load<Lw, 3, 4> Load<Lw, 4, 4> Load<Lw, 7, 6> Load<Lw, 8, 4> Load<Ld, 0, 1> Load<Ld, 0, 4> Load<Ld, 0, 5>
        Load<Ld, 0, 6> Load<Ld, 1, 0> Load<Ld, 1, 1> Load<Ld, 1, 2> Load<Ld, 1, 4> Load<Ld, 1, 5> Load<Ld, 1, 6>
        Load<Ld, 1, 8> Load<Ld, 2, 1> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 3, 1> Load<Ld, 3, 4>
        Load<Ld, 4, 1> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 7, 4> Load<Ld, 7, 5> Load<Ld, 7, 6>
        Load<Ld, 8, 4> Load<Ld, 8, 5> Load<Lbu, 1, 1> Load<Lbu, 1, 2> Load<Lbu, 1, 4> Load<Lbu, 1, 6>
        Load<Lbu, 2, 1> Load<Lbu, 2, 4> Load<Lbu, 2, 6> Load<Lhu, 1, 0> Load<Lhu, 1, 4> Store<Sw, 1, 4>
        Store<Sd, 1, 2> Store<Sd, 2, 1> Store<Sd, 4, 4> Store<Sd, 5, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 4>
        Branch<Eq, 3, 4> Branch<Eq, 4, 1> Branch<Eq, 4, 4> Branch<Ne, 1, 4> Branch<Ne, 3, 4> Branch<Ne, 4, 4>
        Branch<Ne, 8, 4> Branch<Ltu, 4, 1> Branch<Ltu, 4, 4> Branch<Geu, 4, 1> Call<4, 1> GotoFar;
    Branch<Eq, 1, 6> => Ri<Second, 8, 4>;
    Branch<Eq, 1, 8> => Load<Lbu, 2, 1>;
    Branch<Eq, 2, 1> => Ri<Add, 4, 4> Ri<Addw, 2, 2> Ri<First, 0, 1> Ri<First, 0, 4> Ri<First, 8, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Load<Lw, 1, 4> Load<Ld, 1, 1> Load<Ld, 1, 4>
        Load<Ld, 1, 5> Load<Ld, 2, 4> Load<Ld, 4, 5> Load<Lbu, 0, 0> Load<Lbu, 1, 4> Branch<Eq, 4, 4> GotoFar;
    Branch<Eq, 2, 3> => Ri<Addw, 0, 0> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Load<Ld, 4, 5> Load<Lbu, 2, 1> Branch<Eq, 2, 1> Branch<Ne, 2, 4> Branch<Ltu, 3, 2>;
    Branch<Eq, 2, 4> => Rr<Add, 0, 0, 1> Rr<Add, 1, 1, 2> Rr<And, 1, 1, 3> Ri<Add, 0, 1> Ri<Add, 1, 1> Ri<Add, 1, 4>
        Ri<Add, 2, 2> Ri<Add, 4, 1> Ri<Add, 4, 6> Ri<Add, 5, 5> Ri<Add, 8, 4> Ri<And, 1, 1> Ri<Or, 1, 1>
        Ri<Or, 7, 7> Ri<Sll, 1, 2> Ri<Addw, 1, 4> Ri<Addw, 2, 2> Ri<Addw, 4, 4> Ri<Addw, 8, 4> Ri<First, 0, 4>
        Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Load<Lw, 1, 2> Load<Lw, 1, 4> Load<Lw, 2, 1> Load<Lw, 2, 4> Load<Ld, 0, 5> Load<Ld, 1, 1>
        Load<Ld, 1, 2> Load<Ld, 1, 4> Load<Ld, 2, 0> Load<Ld, 2, 1> Load<Ld, 2, 2> Load<Ld, 2, 4> Load<Ld, 2, 6>
        Load<Ld, 3, 1> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 6, 5> Load<Ld, 7, 1> Load<Lbu, 1, 7> Load<Lbu, 2, 4>
        Store<Sh, 1, 2> Store<Sh, 1, 4> Store<Sd, 2, 1> Store<Sd, 5, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 4>
        Branch<Eq, 2, 8> Branch<Eq, 3, 4> Branch<Eq, 4, 4> Branch<Ne, 2, 4> Branch<Ltu, 4, 2> Branch<Geu, 4, 4>
        GotoFar;
    Branch<Eq, 3, 0> => Load<Ld, 2, 3>;
    Branch<Eq, 3, 1> => Ri<Second, 1, 4> Load<Lw, 2, 4> Load<Ld, 2, 1>;
    Branch<Eq, 3, 2> => Ri<Second, 2, 4> Load<Ld, 1, 1> Load<Ld, 4, 5>;
    Branch<Eq, 3, 4> => Rr<And, 3, 8, 4> Ri<Add, 1, 2> Ri<Add, 3, 3> Ri<And, 2, 2> Ri<Sll, 1, 3> Ri<Srl, 0, 0>
        Ri<Addw, 1, 3> Ri<Addw, 3, 3> Ri<First, 4, 1> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4>
        Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Load<Lw, 0, 4> Load<Ld, 0, 2>
        Load<Ld, 1, 1> Load<Ld, 1, 3> Load<Ld, 1, 4> Load<Ld, 3, 3> Load<Ld, 3, 4> Load<Ld, 4, 5> Load<Ld, 8, 6>
        Load<Lbu, 1, 3> Store<Sd, 2, 4> Store<Sd, 5, 4> Branch<Eq, 3, 4> Branch<Eq, 4, 4> Branch<Ne, 3, 4>
        Branch<Ne, 4, 4> Branch<Geu, 4, 4> GotoFar;
    Branch<Eq, 3, 8> => Ri<Second, 8, 4> Branch<Ne, 1, 7>;
    Branch<Eq, 4, 0> => Ri<First, 7, 4> Ri<Second, 0, 4> Ri<Second, 4, 4>;
    Branch<Eq, 4, 1> => Ri<First, 0, 4> Ri<First, 4, 1> Ri<First, 4, 4> Ri<First, 7, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Constant<4> Load<Lw, 1, 4> Load<Lw, 2, 4> Load<Ld, 0, 4> Load<Ld, 1, 4>
        Load<Ld, 2, 4> Load<Ld, 4, 4> Load<Ld, 4, 5> Store<Sd, 5, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4>
        Branch<Ltu, 1, 4> GotoFar;
    Branch<Eq, 4, 2> => Rr<Mulw, 0, 2, 4> Ri<Sraw, 1, 4> Ri<Second, 2, 4> Load<Ld, 1, 4> GotoFar;
    Branch<Eq, 4, 3> => Ri<Second, 0, 4> Load<Ld, 4, 5> Load<Lbu, 3, 1> Branch<Eq, 4, 1>;
    Branch<Eq, 4, 4> => Rr<Add, 0, 4, 4> Rr<Add, 2, 1, 4> Rr<Add, 4, 4, 4> Rr<And, 1, 4, 4> Ri<Add, 0, 4>
        Ri<Add, 1, 1> Ri<Add, 1, 4> Ri<Add, 2, 4> Ri<Add, 4, 4> Ri<Add, 7, 4> Ri<Add, 8, 6> Ri<And, 1, 1>
        Ri<And, 1, 4> Ri<And, 4, 4> Ri<Sll, 0, 4> Ri<Sll, 1, 4> Ri<Sll, 2, 4> Ri<Sll, 4, 4> Ri<Sll, 8, 2>
        Ri<Sll, 8, 4> Ri<Addw, 0, 4> Ri<Addw, 1, 4> Ri<Addw, 4, 4> Ri<Sllw, 0, 4> Ri<Sllw, 4, 4> Ri<First, 0, 4>
        Ri<First, 0, 6> Ri<First, 1, 4> Ri<First, 2, 0> Ri<First, 2, 4> Ri<First, 3, 4> Ri<First, 4, 1>
        Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4>
        Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<0> Constant<1> Constant<3>
        Constant<4> Load<Lw, 0, 4> Load<Lw, 1, 4> Load<Lw, 1, 6> Load<Lw, 2, 1> Load<Lw, 2, 4> Load<Lw, 3, 4>
        Load<Lw, 4, 4> Load<Lw, 7, 4> Load<Lw, 8, 4> Load<Ld, 0, 4> Load<Ld, 0, 5> Load<Ld, 1, 4> Load<Ld, 1, 5>
        Load<Ld, 1, 6> Load<Ld, 2, 1> Load<Ld, 2, 3> Load<Ld, 2, 4> Load<Ld, 2, 5> Load<Ld, 2, 6> Load<Ld, 3, 4>
        Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Ld, 7, 3> Load<Ld, 7, 4> Load<Ld, 7, 5> Load<Ld, 7, 6>
        Load<Ld, 8, 4> Load<Ld, 8, 5> Load<Ld, 8, 6> Load<Lbu, 1, 4> Load<Lbu, 1, 5> Load<Lbu, 1, 6> Load<Lbu, 2, 4>
        Load<Lbu, 3, 4> Load<Lbu, 4, 1> Load<Lbu, 4, 4> Load<Lhu, 1, 4> Store<Sb, 4, 4> Store<Sw, 4, 0>
        Store<Sw, 4, 2> Store<Sw, 4, 4> Store<Sd, 4, 2> Store<Sd, 4, 4> Store<Sd, 4, 7> Store<Sd, 5, 4>
        Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 0> Branch<Eq, 4, 1> Branch<Eq, 4, 4> Branch<Eq, 6, 4>
        Branch<Ne, 1, 4> Branch<Ne, 4, 4> Branch<Lt, 4, 4> Branch<Ge, 4, 4> Branch<Geu, 4, 4> GotoFar;
    Branch<Eq, 4, 6> => Ri<First, 0, 4>;
    Branch<Eq, 6, 1> => Ri<Second, 1, 4>;
    Branch<Eq, 6, 4> => Ri<Addw, 1, 6> Ri<First, 0, 6> Ri<Second, 1, 4> Ri<Second, 4, 4> Branch<Eq, 4, 4>
        Branch<Ne, 4, 4> GotoFar;
    Branch<Eq, 6, 7> => Ri<First, 0, 4>;
    Branch<Eq, 7, 0> => Ri<Add, 0, 0>;
    Branch<Eq, 7, 1> => Ri<Second, 1, 4>;
    Branch<Eq, 7, 3> => Load<Lw, 1, 3>;
    Branch<Eq, 7, 4> => Ri<Add, 5, 5> Ri<First, 0, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Load<Ld, 0, 4> Load<Ld, 1, 6> Load<Ld, 1, 7>
        Load<Ld, 2, 1> Load<Ld, 3, 1> Load<Ld, 8, 7> Load<Lbu, 4, 4> Store<Sd, 5, 4> Branch<Eq, 7, 4> GotoFar;
}
