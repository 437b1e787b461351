//! @generated, see above.
#![allow(unsafe_code)] // Handlers: see `op`.

#[allow(unused_imports, clippy::wildcard_imports, reason = "any part may have a step of any room")]
use crate::exec::{alu::*, flow::*, mem::*, zb::*};

crate::fused::pairs! {
    Ri<Srl, 3, 8> => Rr<Add, 3, 3, 4>;
    Ri<Srl, 4, 1> => Rr<Add, 2, 2, 4> Rr<Add, 4, 4, 4> Ri<First, 7, 4>;
    Ri<Srl, 4, 2> => Rr<Add, 4, 4, 4>;
    Ri<Srl, 4, 4> => Rr<Add, 1, 1, 4> Rr<Add, 4, 4, 4> Ri<Add, 4, 4> Ri<And, 2, 4> Ri<And, 4, 4> Ri<Sll, 1, 1>
        Ri<Sll, 4, 4> Ri<Srl, 4, 4> Ri<Addw, 4, 4> Ri<Second, 1, 4> Ri<Second, 4, 4> Constant<4> Load<Ld, 2, 4>
        Branch<Ne, 4, 4> Branch<Ltu, 4, 0> Branch<Ltu, 4, 3> Branch<Ltu, 4, 4> Branch<Geu, 4, 4> GotoFar;
    Ri<Srl, 4, 6> => Ri<Second, 1, 4>;
    Ri<Srl, 6, 4> => Ri<Second, 1, 4>;
    Ri<Srl, 7, 1> => Constant<0>;
    Ri<Srl, 7, 7> => Rr<Add, 7, 7, 1> Ri<Srl, 8, 8> Ri<First, 0, 4> Ri<Second, 0, 4> Constant<4> Branch<Ltu, 8, 7>;
    Ri<Srl, 7, 8> => Branch<Ne, 7, 4>;
    Ri<Srl, 8, 1> => Rr<Add, 8, 8, 4>;
    Ri<Srl, 8, 2> => Rr<Or, 1, 1, 3>;
    Ri<Srl, 8, 3> => Store<Sb, 4, 8>;
    Ri<Srl, 8, 4> => Ri<Sll, 3, 3>;
    Ri<Srl, 8, 8> => Rr<Add, 8, 8, 1> Ri<And, 8, 8> Ri<First, 7, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Branch<Ltu, 8, 2> GotoFar;
    Ri<Sra, 1, 1> => Ri<Sll, 1, 1> Store<Sw, 6, 1> Store<Sd, 5, 4>;
    Ri<Sra, 8, 4> => Ri<First, 7, 4>;
    Ri<Sltu, 0, 0> => Ri<Add, 5, 5> GotoFar;
    Ri<Sltu, 1, 1> => Ri<Add, 1, 1>;
    Ri<Addw, 0, 0> => Rr<Add, 1, 1, 3> Ri<Add, 5, 5> Ri<And, 0, 0> Ri<Sll, 0, 0> Ri<Sll, 1, 0> Ri<Sll, 3, 3>
        Ri<Second, 1, 4> Ri<Second, 4, 4> Load<Ld, 4, 5> Store<Sw, 4, 0> Store<Sw, 6, 0> Store<Sw, 7, 0>
        Branch<Eq, 0, 3> Branch<Eq, 0, 4> Branch<Ne, 0, 4> Branch<Lt, 0, 4> Branch<Ge, 0, 4> Branch<Ltu, 4, 0>
        Jump<4> GotoFar;
    Ri<Addw, 0, 4> => Ri<And, 1, 0> Ri<Second, 7, 4> Load<Ld, 4, 5> Branch<Eq, 1, 4>;
    Ri<Addw, 1, 0> => Rr<Srl, 2, 4, 1> Ri<And, 1, 1> Ri<First, 3, 4> Ri<Second, 2, 4> Branch<Eq, 1, 4>
        Branch<Lt, 4, 1>;
    Ri<Addw, 1, 1> => Rr<Add, 2, 2, 3> Rr<Add, 4, 4, 4> Rr<Or, 2, 2, 1> Ri<Add, 0, 0> Ri<Add, 2, 2> Ri<Add, 3, 2>
        Ri<Add, 3, 3> Ri<Add, 4, 4> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Sll, 2, 1> Ri<Sll, 2, 2> Ri<Sll, 3, 1>
        Ri<Sll, 7, 7> Ri<Addw, 0, 0> Ri<Addw, 2, 1> Ri<Addw, 2, 2> Ri<Sllw, 1, 1> Ri<Srlw, 3, 3> Ri<Second, 2, 4>
        Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 8, 4> Constant<2> Constant<3> Store<Sh, 4, 1> Store<Sw, 0, 1>
        Store<Sw, 2, 1> Store<Sw, 4, 1> Store<Sw, 6, 1> Store<Sd, 5, 1> Store<Sd, 6, 1> Branch<Eq, 1, 3>
        Branch<Eq, 1, 4> Branch<Eq, 1, 8> Branch<Eq, 4, 1> Branch<Ne, 1, 4> Branch<Ne, 2, 4> Branch<Ne, 4, 1>
        Branch<Lt, 1, 4> Branch<Lt, 4, 1> Branch<Ge, 1, 4> Branch<Ge, 4, 1> Branch<Ltu, 2, 1> Branch<Ltu, 4, 1>
        Branch<Geu, 2, 1> GotoFar;
    Ri<Addw, 1, 2> => Ri<And, 1, 1> Store<Sw, 4, 1> Branch<Eq, 1, 4> GotoFar;
    Ri<Addw, 1, 3> => Ri<And, 1, 1> Store<Sw, 0, 1> Store<Sw, 4, 1> Branch<Eq, 1, 4>;
    Ri<Addw, 1, 4> => Ri<Add, 4, 4> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Sll, 2, 1> Ri<Second, 2, 4> Load<Lw, 0, 4>
        Load<Ld, 2, 4> Branch<Eq, 1, 4> Branch<Ne, 2, 4> Branch<Lt, 1, 2> Branch<Ge, 1, 4> Branch<Ltu, 2, 1>
        Branch<Geu, 1, 4> GotoFar;
    Ri<Addw, 1, 7> => Ri<Addw, 0, 8> Branch<Eq, 1, 4>;
    Ri<Addw, 1, 8> => Rr<Sll, 1, 4, 1> Ri<And, 1, 1>;
    Ri<Addw, 2, 0> => Ri<And, 2, 2> Ri<First, 7, 4> Ri<Second, 1, 4>;
    Ri<Addw, 2, 1> => Ri<And, 2, 2> Ri<Sll, 2, 2> Store<Sw, 4, 2> Branch<Eq, 1, 4> Branch<Eq, 2, 4> Branch<Ne, 1, 4>
        Branch<Ltu, 2, 3> Branch<Ltu, 4, 2> Branch<Geu, 4, 2>;
    Ri<Addw, 2, 2> => Rr<Or, 1, 1, 2> Rr<Addw, 1, 1, 2> Rr<Addw, 2, 2, 1> Ri<Add, 1, 1> Ri<Add, 3, 3> Ri<Add, 8, 8>
        Ri<And, 2, 2> Ri<Sll, 1, 1> Ri<Sll, 2, 2> Ri<Srl, 1, 1> Ri<Addw, 1, 2> Ri<Second, 1, 4> Ri<Second, 3, 4>
        Load<Ld, 1, 4> Store<Sh, 1, 2> Store<Sw, 1, 2> Store<Sw, 4, 2> Store<Sw, 6, 2> Store<Sd, 5, 1>
        Branch<Eq, 1, 2> Branch<Eq, 2, 4> Branch<Eq, 2, 7> Branch<Ne, 2, 4> Branch<Ne, 4, 1> Branch<Lt, 4, 2>
        Branch<Ge, 4, 2> Branch<Geu, 3, 2> Branch<Geu, 4, 2> GotoFar;
    Ri<Addw, 2, 3> => Ri<And, 2, 2>;
    Ri<Addw, 2, 4> => Ri<Add, 4, 4> Ri<And, 2, 2> Ri<Second, 1, 4> Branch<Eq, 0, 4> Branch<Geu, 1, 2>;
    Ri<Addw, 2, 8> => Branch<Eq, 8, 3>;
    Ri<Addw, 3, 0> => Constant<8>;
    Ri<Addw, 3, 1> => Ri<And, 3, 3> Branch<Geu, 2, 3>;
    Ri<Addw, 3, 2> => Ri<And, 3, 3> Branch<Lt, 3, 4>;
    Ri<Addw, 3, 3> => Rr<Add, 8, 8, 7> Ri<Add, 1, 1> Ri<Add, 2, 2> Ri<Add, 2, 6> Ri<And, 3, 3> Ri<Sll, 1, 1>
        Ri<Sll, 2, 2> Ri<Sll, 3, 3> Ri<Addw, 6, 1> Ri<Second, 1, 4> Load<Ld, 1, 4> Store<Sh, 1, 3> Store<Sh, 2, 3>
        Store<Sw, 1, 3> Store<Sw, 4, 3> Store<Sw, 5, 3> Branch<Eq, 2, 4> Branch<Eq, 3, 4> Branch<Lt, 0, 4>
        Branch<Lt, 7, 4> Branch<Lt, 8, 4> Branch<Geu, 8, 3> GotoFar;
    Ri<Addw, 3, 4> => Ri<First, 8, 4>;
    Ri<Addw, 4, 0> => Ri<Sll, 1, 4> Ri<Addw, 4, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Lt, 4, 4> Branch<Ge, 4, 4> Branch<Ltu, 4, 4> Branch<Geu, 4, 4>
        GotoFar;
    Ri<Addw, 4, 1> => Ri<First, 1, 3> Ri<Second, 1, 4> Ri<Second, 4, 4> Branch<Eq, 1, 4> Branch<Geu, 1, 3>
        Branch<Geu, 4, 1> GotoFar;
    Ri<Addw, 4, 2> => Ri<Sll, 1, 0> Branch<Geu, 4, 4> GotoFar;
    Ri<Addw, 4, 4> => Rr<Add, 1, 1, 4> Rr<Add, 1, 4, 4> Rr<Add, 4, 4, 1> Rr<Add, 4, 4, 4> Rr<Sub, 4, 0, 4>
        Rr<Addw, 4, 4, 0> Rr<Addw, 4, 4, 4> Rr<Mulw, 1, 1, 2> Ri<Add, 1, 1> Ri<Add, 1, 4> Ri<Add, 3, 3>
        Ri<Add, 4, 4> Ri<And, 4, 4> Ri<Sll, 1, 1> Ri<Sll, 1, 4> Ri<Sll, 2, 4> Ri<Sll, 4, 4> Ri<Srl, 1, 1>
        Ri<Addw, 1, 1> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 1, 0> Ri<First, 3, 4> Ri<First, 4, 0>
        Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Load<Lw, 3, 6> Load<Ld, 1, 4> Load<Lbu, 1, 4> Store<Sb, 1, 4>
        Store<Sw, 4, 4> Store<Sw, 6, 4> Store<Sd, 5, 4> Store<Sd, 5, 6> Branch<Eq, 0, 4> Branch<Eq, 1, 4>
        Branch<Eq, 2, 4> Branch<Eq, 3, 4> Branch<Eq, 4, 3> Branch<Eq, 4, 4> Branch<Ne, 0, 4> Branch<Ne, 1, 4>
        Branch<Ne, 2, 4> Branch<Ne, 3, 4> Branch<Ne, 4, 1> Branch<Ne, 4, 4> Branch<Lt, 4, 1> Branch<Lt, 4, 4>
        Branch<Ge, 4, 4> Branch<Ltu, 4, 3> Branch<Ltu, 4, 4> Branch<Geu, 1, 4> Branch<Geu, 4, 1> Branch<Geu, 4, 4>
        GotoFar;
    Ri<Addw, 4, 7> => Ri<Addw, 4, 8>;
    Ri<Addw, 4, 8> => Ri<First, 8, 3>;
    Ri<Addw, 6, 6> => Ri<Add, 4, 4> Ri<Addw, 4, 4> Ri<Second, 4, 4> Branch<Eq, 6, 4> Branch<Ne, 4, 4>
        Branch<Ne, 6, 4> GotoFar;
    Ri<Addw, 7, 4> => Ri<Addw, 3, 4> Ri<First, 0, 4>;
    Ri<Addw, 7, 6> => Ri<Second, 4, 4> Branch<Ne, 4, 4>;
    Ri<Addw, 7, 7> => Rr<Add, 1, 1, 2> Ri<Add, 0, 0> Ri<Add, 2, 2> Ri<And, 1, 7> Ri<And, 7, 7> Ri<Sll, 1, 7>
        Ri<Sll, 7, 7> Ri<Second, 4, 4> Constant<4> GotoFar;
    Ri<Addw, 7, 8> => Ri<And, 1, 7> Ri<Second, 1, 4> Branch<Ne, 1, 4>;
    Ri<Addw, 8, 0> => Ri<Sll, 1, 8> Ri<First, 7, 4>;
    Ri<Addw, 8, 1> => Constant<7> Branch<Eq, 1, 4>;
    Ri<Addw, 8, 4> => Rr<Addw, 4, 0, 4> Ri<And, 8, 8> Ri<Sll, 8, 8> Ri<First, 4, 0> Ri<First, 7, 4> Ri<Second, 7, 4>
        Load<Ld, 0, 4> Branch<Ne, 4, 4> GotoFar;
    Ri<Addw, 8, 8> => Ri<And, 1, 8> Ri<And, 8, 8> Ri<Sll, 8, 8> Ri<Sllw, 2, 1> Ri<First, 4, 7> Ri<Second, 1, 4>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Constant<0> Load<Ld, 2, 1> Store<Sw, 1, 3> Branch<Eq, 3, 4> GotoFar;
    Ri<Sllw, 0, 3> => Rr<And, 8, 2, 7>;
    Ri<Sllw, 1, 1> => Rr<Or, 1, 1, 2> Rr<Or, 1, 1, 3> Rr<Or, 1, 1, 4> Rr<Addw, 3, 7, 1> Ri<And, 2, 2> Ri<Sllw, 2, 2>
        Ri<Sllw, 3, 3> Ri<Srlw, 1, 1> Ri<Sraw, 1, 1>;
    Ri<Sllw, 1, 2> => Rr<Addw, 1, 1, 2> Ri<Sll, 1, 1> Ri<Sllw, 8, 2> Ri<Srlw, 0, 2> Ri<Srlw, 8, 2>;
    Ri<Sllw, 1, 3> => Ri<Srlw, 4, 3>;
    Ri<Sllw, 1, 4> => Rr<And, 1, 1, 4> Rr<Addw, 1, 1, 4> Ri<Srlw, 3, 4> Ri<Srlw, 8, 4>;
    Ri<Sllw, 2, 1> => Rr<Or, 7, 7, 3> Ri<Sllw, 1, 1> Ri<Sllw, 8, 1> Ri<Srlw, 4, 1> Ri<Srlw, 8, 1>;
    Ri<Sllw, 2, 2> => Rr<Or, 1, 1, 2> Rr<Or, 2, 2, 3> Ri<And, 1, 1> Ri<Sllw, 1, 1> Ri<Sllw, 4, 4> Ri<Sraw, 2, 2>;
    Ri<Sllw, 2, 4> => Rr<And, 2, 2, 4> Rr<Or, 1, 1, 3> Rr<Or, 7, 7, 4> Ri<Sllw, 3, 4>;
    Ri<Sllw, 3, 1> => Rr<Or, 2, 2, 4> Rr<Or, 2, 2, 8> Rr<Or, 7, 7, 8> Ri<Sllw, 8, 1> Store<Sw, 4, 3>;
    Ri<Sllw, 3, 2> => Rr<Or, 1, 1, 4> Rr<Or, 1, 1, 8> Ri<Sraw, 3, 3>;
    Ri<Sllw, 3, 3> => Rr<Or, 2, 2, 3> Rr<Or, 3, 3, 7> Ri<Addw, 2, 2> Ri<Sllw, 4, 4> Ri<Sllw, 8, 8> Load<Lw, 1, 1>;
    Ri<Sllw, 3, 4> => Rr<Or, 1, 1, 8>;
    Ri<Sllw, 4, 1> => Rr<Or, 0, 0, 4> Rr<Or, 3, 3, 4> Ri<Sll, 4, 4> Ri<Sllw, 0, 3>;
    Ri<Sllw, 4, 2> => Ri<Srlw, 8, 1>;
    Ri<Sllw, 4, 3> => Rr<And, 4, 4, 4> Rr<Or, 1, 1, 4> Ri<Sllw, 7, 2>;
    Ri<Sllw, 4, 4> => Rr<Or, 4, 4, 1> Rr<Or, 4, 4, 4> Ri<Add, 4, 4> Ri<And, 4, 4> Ri<Sll, 4, 4> Ri<Second, 4, 4>;
    Ri<Sllw, 7, 1> => Rr<Or, 2, 2, 4> Ri<Sllw, 2, 1> Ri<Sllw, 3, 1>;
    Ri<Sllw, 7, 2> => Ri<And, 2, 2>;
    Ri<Sllw, 7, 7> => Rr<Or, 3, 3, 7> Rr<Or, 7, 7, 1> Ri<Sllw, 4, 4>;
    Ri<Sllw, 8, 1> => Rr<And, 8, 8, 7> Rr<Or, 2, 2, 4> Ri<Sllw, 7, 1>;
    Ri<Sllw, 8, 2> => Rr<Or, 1, 1, 0> Ri<Sllw, 7, 1>;
    Ri<Sllw, 8, 3> => Rr<Or, 2, 2, 4>;
    Ri<Sllw, 8, 8> => Rr<Or, 8, 8, 1> Ri<Sllw, 4, 4> Load<Ld, 1, 0>;
    Ri<Srlw, 0, 1> => Ri<Sllw, 2, 1> Ri<Sllw, 8, 1>;
    Ri<Srlw, 0, 2> => Ri<Sllw, 8, 2>;
    Ri<Srlw, 1, 0> => Store<Sb, 6, 0> Store<Sb, 6, 1>;
    Ri<Srlw, 1, 1> => Rr<And, 1, 1, 4> Rr<And, 8, 8, 4> Rr<And, 8, 8, 7> Rr<Or, 2, 2, 3> Rr<Or, 2, 2, 8>
        Rr<Or, 3, 3, 8> Rr<Or, 7, 7, 2> Rr<Or, 7, 7, 3> Rr<Or, 8, 8, 7> Rr<Addw, 1, 1, 0> Rr<Addw, 1, 1, 2>
        Rr<Addw, 1, 1, 4> Ri<And, 1, 1> Ri<Srlw, 1, 1> Store<Sb, 6, 2>;
    Ri<Srlw, 1, 2> => Rr<Addw, 1, 1, 2>;
    Ri<Srlw, 1, 3> => Rr<Addw, 1, 1, 3>;
    Ri<Srlw, 1, 4> => Ri<Sll, 1, 1>;
    Ri<Srlw, 2, 1> => Store<Sb, 6, 1> Store<Sb, 6, 2>;
    Ri<Srlw, 2, 2> => Rr<And, 8, 8, 4> Rr<And, 8, 8, 7> Rr<Or, 1, 1, 8> Rr<Or, 7, 7, 3> Ri<Srlw, 1, 1>;
    Ri<Srlw, 2, 4> => Ri<Sllw, 7, 4>;
    Ri<Srlw, 3, 1> => Ri<Sllw, 0, 2> Ri<Sllw, 7, 1>;
    Ri<Srlw, 3, 3> => Rr<Or, 1, 1, 4> Rr<Or, 2, 2, 4>;
    Ri<Srlw, 4, 1> => Ri<Sllw, 2, 1> Ri<Sllw, 3, 1> Ri<Sllw, 8, 1>;
    Ri<Srlw, 4, 2> => Ri<Sllw, 1, 2>;
    Ri<Srlw, 4, 3> => Ri<Sllw, 2, 3> Ri<Sllw, 4, 3> Ri<Srlw, 4, 2>;
    Ri<Srlw, 4, 4> => Rr<And, 4, 4, 4> Rr<Addw, 4, 4, 1> Ri<And, 4, 4> Ri<Addw, 4, 4> Ri<Sllw, 4, 4> Ri<Srlw, 4, 3>
        Ri<Second, 0, 4>;
    Ri<Srlw, 7, 1> => Ri<Sllw, 3, 1>;
    Ri<Srlw, 7, 2> => Ri<Sllw, 8, 2>;
    Ri<Srlw, 7, 7> => Ri<And, 7, 7> Ri<Sll, 7, 7>;
    Ri<Srlw, 8, 1> => Ri<Sllw, 2, 1> Ri<Sllw, 7, 1>;
    Ri<Srlw, 8, 4> => Store<Sd, 1, 4>;
    Ri<Sraw, 0, 0> => Rr<Or, 7, 7, 2>;
    Ri<Sraw, 1, 0> => Ri<Srlw, 1, 1>;
    Ri<Sraw, 1, 1> => Ri<Add, 2, 6> Ri<Sll, 1, 1> Branch<Lt, 4, 1> Branch<Lt, 8, 1>;
    Ri<Sraw, 1, 2> => Ri<Srlw, 1, 1>;
    Ri<Sraw, 1, 4> => Ri<Sll, 1, 1> Ri<Srlw, 1, 1>;
    Ri<Sraw, 2, 1> => Ri<Sll, 2, 2>;
    Ri<Sraw, 2, 4> => Ri<Sll, 2, 2>;
    Ri<Sraw, 4, 0> => Ri<Sll, 4, 4> Branch<Geu, 4, 4>;
    Ri<Sraw, 7, 7> => Rr<Or, 8, 8, 1>;
    Ri<Sraw, 8, 8> => Rr<Or, 7, 7, 1>;
    Ri<First, 0, 1> => Ri<Add, 1, 1> Ri<Add, 5, 5> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4>
        Store<Sd, 5, 1> Store<Sd, 6, 1> Jump<4> GotoFar;
    Ri<First, 0, 2> => Ri<Add, 5, 5> Ri<Second, 4, 4> Ri<Second, 7, 4> Constant<4>;
    Ri<First, 0, 3> => Rr<Sub, 7, 7, 3> Ri<Add, 5, 5> Ri<First, 8, 4> Ri<Second, 4, 4>;
    Ri<First, 0, 4> => Rr<Add, 1, 1, 4> Rr<Add, 2, 2, 4> Rr<Add, 4, 4, 1> Rr<Or, 4, 4, 1> Rr<Addw, 2, 2, 4>
        Ri<Add, 1, 1> Ri<Add, 3, 6> Ri<Add, 4, 2> Ri<Add, 4, 4> Ri<Add, 6, 6> Ri<Add, 7, 4> Ri<Add, 7, 6>
        Ri<Add, 7, 7> Ri<Add, 8, 4> Ri<Add, 8, 6> Ri<Add, 8, 8> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Sll, 7, 4>
        Ri<Addw, 1, 1> Ri<Addw, 3, 3> Ri<Addw, 4, 4> Ri<Sllw, 7, 1> Ri<Srlw, 3, 1> Ri<First, 2, 4> Ri<First, 3, 4>
        Ri<First, 4, 1> Ri<First, 4, 4> Ri<First, 4, 7> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 1, 4>
        Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<3> Constant<4>
        Constant<7> Constant<8> Load<Lw, 4, 4> Load<Ld, 1, 1> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 6, 5>
        Load<Ld, 7, 1> Store<Sb, 6, 1> Store<Sb, 6, 4> Store<Sh, 4, 1> Store<Sh, 6, 4> Store<Sw, 4, 1>
        Store<Sw, 4, 4> Store<Sw, 5, 4> Store<Sw, 6, 1> Store<Sw, 6, 4> Store<Sd, 4, 1> Store<Sd, 4, 4>
        Store<Sd, 5, 1> Store<Sd, 5, 4> Store<Sd, 5, 7> Store<Sd, 5, 8> Store<Sd, 6, 1> Store<Sd, 6, 2>
        Store<Sd, 6, 3> Store<Sd, 6, 4> Store<Sd, 6, 7> Store<Sd, 6, 8> Branch<Eq, 1, 4> Branch<Eq, 4, 4>
        Branch<Eq, 7, 4> Branch<Ne, 1, 4> Branch<Ne, 4, 4> Branch<Lt, 4, 1> Branch<Lt, 4, 4> Branch<Lt, 7, 4>
        Branch<Ltu, 1, 2> Branch<Geu, 2, 1> Call<4, 1> Call<4, 2> Call<4, 4> GotoFar;
    Ri<First, 0, 5> => Ri<Second, 4, 4>;
    Ri<First, 0, 6> => Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4>
        Load<Ld, 6, 5> Load<Ld, 6, 6> Store<Sd, 5, 4> Store<Sd, 5, 7> Call<4, 1> GotoFar;
    Ri<First, 0, 7> => Ri<Add, 5, 5> Ri<Add, 7, 6> Ri<Add, 8, 8> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4>
        Constant<4> Constant<7> Store<Sd, 5, 4> Store<Sd, 5, 7>;
    Ri<First, 0, 8> => Ri<First, 4, 8> Ri<Second, 4, 4> Ri<Second, 7, 4> Store<Sd, 5, 8> GotoFar;
    Ri<First, 1, 0> => Ri<Add, 0, 0> Ri<Xor, 2, 1> Ri<First, 0, 4> Ri<First, 0, 6> Ri<First, 2, 4> Ri<First, 3, 4>
        Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 3, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Constant<0> Constant<4> Constant<8> Load<Lw, 0, 6> Load<Ld, 0, 0> Load<Ld, 0, 6>
        Load<Ld, 3, 6> Load<Lbu, 2, 7> Store<Sd, 4, 1> Branch<Eq, 0, 4> Branch<Ne, 0, 4> Branch<Ne, 3, 7>
        Branch<Lt, 0, 4> Branch<Ge, 0, 4> GotoFar;
    Ri<First, 1, 2> => Load<Ld, 2, 1> Load<Lbu, 3, 1> Branch<Ne, 3, 4> GotoFar;
    Ri<First, 1, 3> => Branch<Eq, 1, 4> Branch<Ltu, 4, 3> Branch<Geu, 3, 2> Branch<Geu, 3, 4> GotoFar;
    Ri<First, 1, 4> => Rr<Add, 1, 1, 2> Ri<Addw, 4, 1> Ri<Addw, 4, 4> Ri<First, 2, 4> Ri<First, 3, 4> Ri<First, 3, 6>
        Ri<First, 4, 4> Ri<First, 8, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4>
        Load<Ld, 1, 1> Load<Ld, 4, 4> Load<Ld, 4, 5> Branch<Eq, 4, 4> Branch<Ne, 4, 4> Branch<Geu, 4, 4> GotoFar;
    Ri<First, 1, 6> => Ri<Second, 4, 4>;
    Ri<First, 1, 7> => GotoFar;
    Ri<First, 1, 8> => GotoFar;
    Ri<First, 2, 0> => Ri<Add, 0, 0> Ri<First, 3, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 3, 4>
        Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Ne, 0, 4> GotoFar;
    Ri<First, 2, 1> => Load<Ld, 1, 1> Branch<Eq, 1, 4> GotoFar;
    Ri<First, 2, 3> => Branch<Ne, 1, 4> GotoFar;
    Ri<First, 2, 4> => Ri<First, 0, 4> Ri<First, 1, 4> Ri<First, 3, 4> Ri<First, 4, 4> Ri<First, 7, 4>
        Ri<First, 8, 0> Ri<First, 8, 4> Ri<Second, 1, 4> Ri<Second, 3, 4> Ri<Second, 4, 4> Ri<Second, 7, 4>
        Ri<Second, 8, 4> Constant<8> Load<Lw, 3, 2> Load<Lbu, 3, 2> Branch<Eq, 8, 4> Branch<Ne, 4, 4> GotoFar;
    Ri<First, 2, 6> => Ri<First, 3, 4> Ri<Second, 3, 4> Ri<Second, 8, 4> GotoFar;
    Ri<First, 2, 7> => Ri<Second, 3, 4>;
    Ri<First, 2, 8> => Ri<First, 8, 2> GotoFar;
    Ri<First, 3, 0> => Ri<First, 2, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 8, 4> Branch<Eq, 0, 4>
        Branch<Ne, 0, 4> GotoFar;
    Ri<First, 3, 1> => Ri<Add, 1, 1> Ri<First, 2, 4> Load<Ld, 1, 1> GotoFar;
    Ri<First, 3, 2> => Ri<Add, 1, 6> Ri<First, 4, 0> Ri<First, 8, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> GotoFar;
    Ri<First, 3, 4> => Rr<Add, 4, 4, 1> Ri<Add, 8, 4> Ri<Add, 8, 6> Ri<First, 0, 1> Ri<First, 0, 4> Ri<First, 2, 3>
        Ri<First, 2, 4> Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<First, 8, 6>
        Ri<Second, 0, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Constant<7>
        Constant<8> Call<4, 1> GotoFar;
    Ri<First, 3, 6> => Ri<First, 8, 4> Ri<Second, 7, 4>;
    Ri<First, 3, 7> => Ri<Second, 0, 4>;
    Ri<First, 3, 8> => Ri<First, 2, 3> GotoFar;
    Ri<First, 4, 0> => Ri<Add, 0, 4> Ri<Add, 1, 1> Ri<Add, 3, 0> Ri<Add, 4, 0> Ri<Add, 4, 4> Ri<Add, 4, 5>
        Ri<Add, 4, 6> Ri<And, 1, 1> Ri<Sll, 1, 1> Ri<Addw, 4, 4> Ri<Addw, 8, 8> Ri<First, 0, 4> Ri<First, 0, 6>
        Ri<First, 0, 7> Ri<First, 0, 8> Ri<First, 1, 0> Ri<First, 1, 4> Ri<First, 2, 4> Ri<First, 3, 4>
        Ri<First, 4, 0> Ri<First, 4, 4> Ri<First, 4, 7> Ri<First, 4, 8> Ri<First, 6, 7> Ri<First, 7, 0>
        Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4> Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4>
        Ri<Second, 6, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<0> Constant<4> Constant<8> Load<Lw, 0, 1>
        Load<Lw, 0, 4> Load<Ld, 0, 0> Load<Ld, 0, 4> Load<Ld, 0, 5> Load<Ld, 0, 6> Load<Ld, 1, 4> Load<Ld, 4, 4>
        Load<Ld, 4, 5> Load<Ld, 4, 6> Store<Sw, 6, 4> Store<Sd, 4, 4> Store<Sd, 5, 4> Store<Sd, 6, 0>
        Store<Sd, 6, 4> Branch<Eq, 0, 1> Branch<Eq, 0, 3> Branch<Eq, 0, 4> Branch<Eq, 1, 4> Branch<Eq, 2, 4>
        Branch<Eq, 4, 0> Branch<Eq, 4, 4> Branch<Ne, 0, 1> Branch<Ne, 0, 4> Branch<Ne, 1, 4> Branch<Ne, 4, 4>
        Branch<Lt, 0, 4> Branch<Lt, 4, 0> Branch<Ge, 0, 4> Branch<Ge, 4, 0> Branch<Ge, 4, 4> Branch<Ltu, 1, 0>
        Branch<Ltu, 4, 0> Branch<Geu, 4, 0> GotoFar;
    Ri<First, 4, 1> => Ri<Add, 1, 1> Ri<Add, 4, 4> Ri<First, 0, 4> Ri<First, 4, 4> Ri<Second, 1, 4> Ri<Second, 4, 4>
        Constant<4> Load<Ld, 1, 4> Load<Ld, 4, 4> Load<Lbu, 1, 4> Branch<Eq, 4, 4> Branch<Ne, 4, 4> GotoFar;
    Ri<First, 4, 2> => Ri<Add, 4, 0> Ri<First, 4, 1> Ri<First, 4, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Constant<4>
        Load<Lw, 1, 4> Load<Ld, 2, 4> Load<Lbu, 1, 4> Branch<Eq, 4, 4> Branch<Ne, 1, 4> Branch<Ne, 4, 4> GotoFar;
    Ri<First, 4, 3> => Ri<First, 4, 0> Ri<First, 4, 2> Ri<First, 4, 4> Ri<First, 4, 8> Ri<Second, 4, 4> Constant<4>
        Store<Sd, 5, 6> Branch<Eq, 3, 4> GotoFar;
    Ri<First, 4, 4> => Rr<Add, 4, 4, 4> Rr<Remu, 1, 4, 4> Ri<Add, 1, 1> Ri<Add, 4, 1> Ri<Add, 4, 4> Ri<And, 1, 1>
        Ri<Sll, 4, 4> Ri<Addw, 4, 4> Ri<First, 0, 4> Ri<First, 1, 4> Ri<First, 2, 4> Ri<First, 3, 2> Ri<First, 3, 4>
        Ri<First, 4, 0> Ri<First, 4, 1> Ri<First, 4, 4> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 2, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Load<Lw, 1, 4>
        Load<Ld, 1, 4> Load<Ld, 1, 6> Load<Ld, 4, 4> Load<Ld, 4, 5> Load<Ld, 4, 6> Load<Lbu, 1, 4> Store<Sd, 5, 1>
        Store<Sd, 5, 4> Store<Sd, 6, 4> Branch<Eq, 1, 4> Branch<Eq, 4, 4> Branch<Ne, 1, 4> Branch<Ne, 3, 4>
        Branch<Ne, 4, 1> Branch<Ne, 4, 4> Branch<Lt, 4, 4> Branch<Ge, 4, 4> Branch<Ltu, 4, 4> Branch<Ltu, 6, 4>
        Branch<Geu, 4, 4> GotoFar;
    Ri<First, 4, 5> => Ri<Second, 4, 4>;
    Ri<First, 4, 6> => Ri<Add, 6, 6> Ri<First, 6, 4> Ri<Second, 4, 4> GotoFar;
    Ri<First, 4, 7> => Ri<Add, 4, 4> Ri<First, 4, 0> Ri<First, 4, 3> Ri<First, 4, 4> Ri<First, 4, 8> Ri<Second, 4, 4>
        Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<0> Constant<4> Load<Ld, 1, 4> Store<Sd, 5, 4> Store<Sd, 6, 8>
        Branch<Eq, 1, 4> Branch<Eq, 4, 1> Branch<Eq, 4, 4> Branch<Eq, 7, 4> Branch<Lt, 7, 4> Branch<Geu, 7, 4>
        GotoFar;
    Ri<First, 4, 8> => Ri<First, 4, 0> Ri<First, 4, 2> Ri<First, 4, 3> Ri<First, 4, 4> Ri<First, 4, 7>
        Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Constant<4> Branch<Eq, 2, 4> Branch<Eq, 8, 4>
        Branch<Ne, 1, 4> GotoFar;
    Ri<First, 6, 0> => Ri<Add, 4, 4> Ri<First, 0, 4> Ri<First, 4, 7> Ri<First, 7, 4> Ri<First, 8, 4> Ri<Second, 0, 4>
        Ri<Second, 1, 4> Ri<Second, 4, 4> Ri<Second, 7, 4> Ri<Second, 8, 4> Load<Ld, 0, 0> Load<Ld, 0, 5>
        Load<Ld, 1, 4> Load<Ld, 4, 5> Branch<Eq, 0, 4> Branch<Eq, 4, 4> Branch<Ne, 0, 4> Branch<Lt, 0, 4>
        Branch<Ge, 0, 4> GotoFar;
}
