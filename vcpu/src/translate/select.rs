//! Which handler does what an instruction says, and with which operands.

use super::builder::Builder;
use crate::block::PAGE;
use crate::decode::{Format, Inst, Opcode};
use crate::exec::alu::{self, classed_ri, classed_rr, spilled_ri, spilled_rr};
use crate::exec::{amo, csr, flow, fp, mem, reserved, system, traps, zb};
use crate::op::{Handler, Operands, Payload, SINK, class, full_class};
use crate::step::{Code, Key, Shape};

fn key(shape: Shape, code: Code, classes: [usize; 3]) -> Key {
    Key { shape, code, classes: classes.map(|class| class as u8) }
}

fn rr_key<F: alu::Binary>(i: &Inst) -> Key {
    key(Shape::Rr, F::CODE, [full_class(i.rd), full_class(i.rs1), full_class(i.rs2)])
}

impl Builder {
    pub(super) fn translate(&mut self, inst: &Inst, start: i32) {
        let translated = self.integer(inst)
            || self.memory(inst)
            || self.flow(inst, start)
            || self.atomic(inst)
            || self.float(inst)
            || self.privileged(inst);
        debug_assert!(translated, "{:?}", inst.op);
        if !translated {
            self.illegal();
        }
    }

    /// Register and register, a handler for each class.
    fn rr<F: alu::Binary>(&mut self, i: &Inst) {
        if i.rd != 0 {
            let handler = classed_rr::<F>(class(i.rd), class(i.rs1), class(i.rs2));
            self.step(handler, rr_key::<F>(i), 0, i.rd, i.rs1, i.rs2);
        }
    }

    /// Register and register, one handler.
    fn rare<F: alu::Binary>(&mut self, i: &Inst) {
        if i.rd != 0 {
            self.step(spilled_rr::<F>(), rr_key::<F>(i), 0, i.rd, i.rs1, i.rs2);
        }
    }

    /// Register and immediate, a handler for each class.
    fn ri<F: alu::Binary>(&mut self, i: &Inst) {
        if i.rd != 0 {
            let (d, a) = (full_class(i.rd), full_class(i.rs1));
            self.step(classed_ri::<F>(d, a), key(Shape::Ri, F::CODE, [d, a, 0]), i.imm, i.rd, i.rs1, 0);
        }
    }

    /// Register and immediate, one handler.
    fn rare_ri<F: alu::Binary>(&mut self, i: &Inst) {
        if i.rd != 0 {
            let classes = [full_class(i.rd), full_class(i.rs1), 0];
            self.step(spilled_ri::<F>(), key(Shape::Ri, F::CODE, classes), i.imm, i.rd, i.rs1, 0);
        }
    }

    /// `rd = rs`.
    fn copy(&mut self, rd: u8, rs: u8) {
        if rd != 0 && rd != rs {
            let (d, a) = (full_class(rd), full_class(rs));
            self.step(classed_ri::<alu::First>(d, a), key(Shape::Ri, Code::First, [d, a, 0]), 0, rd, rs, 0);
        }
    }

    /// `rd = value`.
    fn constant(&mut self, rd: u8, value: u64) {
        if rd == 0 {
            return;
        }
        let (d, a) = (full_class(rd), full_class(0));
        match i32::try_from(value as i64) {
            Ok(imm) => {
                let key = key(Shape::Ri, Code::Second, [d, a, 0]);
                self.step(classed_ri::<alu::Second>(d, a), key, imm, rd, 0, 0);
            }
            Err(_) => {
                self.step(alu::constants(d), key(Shape::Constant, Code::None, [d, 0, 0]), 0, rd, 0, 0);
                self.value(value);
            }
        }
    }

    fn integer(&mut self, i: &Inst) -> bool {
        use Opcode::*;
        match i.op {
            Lui => self.constant(i.rd, i.imm as i64 as u64),
            Auipc => self.constant(i.rd, self.address(self.now.offset).wrapping_add(i.imm as i64 as u64)),
            Addi if i.rs1 == 0 => self.constant(i.rd, i.imm as i64 as u64),
            Addi if i.imm == 0 => self.copy(i.rd, i.rs1),
            Add if i.rs1 == 0 => self.copy(i.rd, i.rs2),
            Add if i.rs2 == 0 => self.copy(i.rd, i.rs1),
            Addi => self.ri::<alu::Add>(i),
            Slti => self.ri::<alu::Slt>(i),
            Sltiu => self.ri::<alu::Sltu>(i),
            Xori => self.ri::<alu::Xor>(i),
            Ori => self.ri::<alu::Or>(i),
            Andi => self.ri::<alu::And>(i),
            Slli => self.ri::<alu::Sll>(i),
            Srli => self.ri::<alu::Srl>(i),
            Srai => self.ri::<alu::Sra>(i),
            Addiw => self.ri::<alu::Addw>(i),
            Slliw => self.ri::<alu::Sllw>(i),
            Srliw => self.ri::<alu::Srlw>(i),
            Sraiw => self.ri::<alu::Sraw>(i),
            Add => self.rr::<alu::Add>(i),
            Sub => self.rr::<alu::Sub>(i),
            Sll => self.rr::<alu::Sll>(i),
            Slt => self.rare::<alu::Slt>(i),
            Sltu => self.rr::<alu::Sltu>(i),
            Xor => self.rr::<alu::Xor>(i),
            Srl => self.rr::<alu::Srl>(i),
            Sra => self.rare::<alu::Sra>(i),
            Or => self.rr::<alu::Or>(i),
            And => self.rr::<alu::And>(i),
            Addw => self.rr::<alu::Addw>(i),
            Subw => self.rr::<alu::Subw>(i),
            Sllw => self.rr::<alu::Sllw>(i),
            Srlw => self.rr::<alu::Srlw>(i),
            Sraw => self.rare::<alu::Sraw>(i),
            Mul => self.rr::<alu::Mul>(i),
            Mulw => self.rr::<alu::Mulw>(i),
            Mulh => self.rare::<alu::Mulh>(i),
            Mulhsu => self.rare::<alu::Mulhsu>(i),
            Mulhu => self.rare::<alu::Mulhu>(i),
            Div => self.rare::<alu::Div>(i),
            Divu => self.rare::<alu::Divu>(i),
            Rem => self.rare::<alu::Rem>(i),
            Remu => self.rare::<alu::Remu>(i),
            Divw => self.rare::<alu::Divw>(i),
            Divuw => self.rare::<alu::Divuw>(i),
            Remw => self.rare::<alu::Remw>(i),
            Remuw => self.rare::<alu::Remuw>(i),
            _ => return self.bitmanip(i),
        }
        true
    }

    fn bitmanip(&mut self, i: &Inst) -> bool {
        use Opcode::*;
        match i.op {
            AddUw => self.rr::<zb::AddUw>(i),
            Sh1add => self.rr::<zb::Sh1add>(i),
            Sh2add => self.rr::<zb::Sh2add>(i),
            Sh3add => self.rr::<zb::Sh3add>(i),
            Sh1addUw => self.rare::<zb::Sh1addUw>(i),
            Sh2addUw => self.rare::<zb::Sh2addUw>(i),
            Sh3addUw => self.rare::<zb::Sh3addUw>(i),
            SlliUw => self.ri::<zb::SlliUw>(i),
            Andn => self.rr::<zb::Andn>(i),
            Orn => self.rare::<zb::Orn>(i),
            Xnor => self.rare::<zb::Xnor>(i),
            Max => self.rare::<zb::Max>(i),
            Maxu => self.rare::<zb::Maxu>(i),
            Min => self.rare::<zb::Min>(i),
            Minu => self.rr::<zb::Minu>(i),
            Rol => self.rare::<zb::Rol>(i),
            Ror => self.rare::<zb::Ror>(i),
            Rori => self.ri::<zb::Ror>(i),
            Rolw => self.rare::<zb::Rolw>(i),
            Rorw => self.rare::<zb::Rorw>(i),
            Roriw => self.ri::<zb::Rorw>(i),
            Clz => self.rare_ri::<zb::Clz>(i),
            Ctz => self.rare_ri::<zb::Ctz>(i),
            Cpop => self.rare_ri::<zb::Cpop>(i),
            Clzw => self.rare_ri::<zb::Clzw>(i),
            Ctzw => self.rare_ri::<zb::Ctzw>(i),
            Cpopw => self.rare_ri::<zb::Cpopw>(i),
            SextB => self.ri::<zb::SextB>(i),
            SextH => self.ri::<zb::SextH>(i),
            ZextH => self.ri::<zb::ZextH>(i),
            Rev8 => self.rare_ri::<zb::Rev8>(i),
            OrcB => self.rare_ri::<zb::OrcB>(i),
            Clmul => self.rare::<zb::Clmul>(i),
            Clmulh => self.rare::<zb::Clmulh>(i),
            Clmulr => self.rare::<zb::Clmulr>(i),
            Bclr => self.rare::<zb::Bclr>(i),
            Bext => self.rare::<zb::Bext>(i),
            Binv => self.rare::<zb::Binv>(i),
            Bset => self.rare::<zb::Bset>(i),
            Bclri => self.ri::<zb::Bclr>(i),
            Bexti => self.ri::<zb::Bext>(i),
            Binvi => self.rare_ri::<zb::Binv>(i),
            Bseti => self.ri::<zb::Bset>(i),
            _ => return false,
        }
        true
    }

    fn load<L: mem::LoadKind>(&mut self, i: &Inst) {
        let (d, a) = (full_class(if i.rd == 0 { SINK } else { i.rd }), full_class(i.rs1));
        self.step(mem::loads::<L>(d, a), key(Shape::Load, L::CODE, [d, a, 0]), i.imm, i.rd, i.rs1, 0);
    }

    fn store<S: mem::StoreKind>(&mut self, i: &Inst) {
        let (a, b) = (full_class(i.rs1), full_class(i.rs2));
        self.step(mem::stores::<S>(a, b), key(Shape::Store, S::CODE, [0, a, b]), i.imm, 0, i.rs1, i.rs2);
    }

    /// Floating-point registers have a register 0 like any other: no sink.
    fn float_op(&mut self, handler: Handler, imm: i32, rd: u8, a: u8, b: u8) {
        self.op(handler, imm, rd, a, b);
        let last = self.ops.len() - 1;
        let slot = last as u8;
        self.ops[last].payload = Payload { operands: Operands { imm, rd, a, b, slot } };
    }

    fn memory(&mut self, i: &Inst) -> bool {
        use Opcode::*;
        match i.op {
            Lb => self.load::<mem::Lb>(i),
            Lh => self.load::<mem::Lh>(i),
            Lw => self.load::<mem::Lw>(i),
            Ld => self.load::<mem::Ld>(i),
            Lbu => self.load::<mem::Lbu>(i),
            Lhu => self.load::<mem::Lhu>(i),
            Lwu => self.load::<mem::Lwu>(i),
            Sb => self.store::<mem::Sb>(i),
            Sh => self.store::<mem::Sh>(i),
            Sw => self.store::<mem::Sw>(i),
            Sd => self.store::<mem::Sd>(i),
            Flw => self.float_op(mem::float_loads::<mem::Flw>(full_class(i.rs1)), i.imm, i.rd, i.rs1, 0),
            Fld => self.float_op(mem::float_loads::<mem::Fld>(full_class(i.rs1)), i.imm, i.rd, i.rs1, 0),
            Fsw => self.float_op(mem::float_stores::<mem::Sw>(full_class(i.rs1)), i.imm, 0, i.rs1, i.rs2),
            Fsd => self.float_op(mem::float_stores::<mem::Sd>(full_class(i.rs1)), i.imm, 0, i.rs1, i.rs2),
            _ => return false,
        }
        true
    }

    fn branch<C: flow::Condition>(&mut self, i: &Inst, start: i32) {
        let retired = i32::from(self.retired);
        let (a, b) = (full_class(i.rs1), full_class(i.rs2));
        self.step(flow::branches::<C>(a, b), key(Shape::Branch, C::CODE, [0, a, b]), retired, 0, i.rs1, i.rs2);
        self.link(start + i.imm);
    }

    fn flow(&mut self, i: &Inst, start: i32) -> bool {
        use Opcode::*;
        match i.op {
            Beq => self.branch::<flow::Eq>(i, start),
            Bne => self.branch::<flow::Ne>(i, start),
            Blt => self.branch::<flow::Lt>(i, start),
            Bge => self.branch::<flow::Ge>(i, start),
            Bltu => self.branch::<flow::Ltu>(i, start),
            Bgeu => self.branch::<flow::Geu>(i, start),
            Jal => {
                self.constant(i.rd, self.pc());
                let target = start + i.imm;
                if self.linked && (0..PAGE as i32).contains(&target) {
                    self.offset = target;
                } else {
                    self.go_far(self.address(target));
                }
            }
            Jalr => {
                if i.rd == 0 {
                    let a = full_class(i.rs1);
                    self.step(flow::jumps(a), key(Shape::Jump, Code::None, [0, a, 0]), i.imm, 0, i.rs1, 0);
                } else {
                    let key = key(Shape::Call, Code::None, [full_class(i.rd), full_class(i.rs1), 0]);
                    self.step(flow::calls(class(i.rd), class(i.rs1)), key, i.imm, i.rd, i.rs1, 0);
                }
                // How many have retired, and for a call the return address.
                self.op(flow::leave, i32::from(self.retired), 0, 0, 0);
                self.value(self.pc());
                self.open = false;
            }
            _ => return false,
        }
        true
    }

    fn amo<A: amo::Amo, W: amo::Width>(&mut self, i: &Inst) {
        let d = (i.rd != 0).then(|| class(i.rd));
        self.ordered(amo::amos::<A, W>(d, class(i.rs1)), i);
    }

    fn ordered(&mut self, handler: Handler, i: &Inst) {
        let imm = if i.aq || i.rl { amo::ORDERED } else { 0 };
        self.op(handler, imm, i.rd, i.rs1, i.rs2);
    }

    fn atomic(&mut self, i: &Inst) -> bool {
        use Opcode::*;
        match i.op {
            LrW => self.ordered(reserved::load_reserved::<u32>(), i),
            LrD => self.ordered(reserved::load_reserved::<u64>(), i),
            ScW => self.ordered(reserved::store_conditional::<u32>(), i),
            ScD => self.ordered(reserved::store_conditional::<u64>(), i),
            AmoSwapW => self.amo::<amo::Swap, u32>(i),
            AmoAddW => self.amo::<amo::Add, u32>(i),
            AmoXorW => self.amo::<amo::Xor, u32>(i),
            AmoAndW => self.amo::<amo::And, u32>(i),
            AmoOrW => self.amo::<amo::Or, u32>(i),
            AmoMinW => self.amo::<amo::Min, u32>(i),
            AmoMaxW => self.amo::<amo::Max, u32>(i),
            AmoMinuW => self.amo::<amo::Minu, u32>(i),
            AmoMaxuW => self.amo::<amo::Maxu, u32>(i),
            AmoSwapD => self.amo::<amo::Swap, u64>(i),
            AmoAddD => self.amo::<amo::Add, u64>(i),
            AmoXorD => self.amo::<amo::Xor, u64>(i),
            AmoAndD => self.amo::<amo::And, u64>(i),
            AmoOrD => self.amo::<amo::Or, u64>(i),
            AmoMinD => self.amo::<amo::Min, u64>(i),
            AmoMaxD => self.amo::<amo::Max, u64>(i),
            AmoMinuD => self.amo::<amo::Minu, u64>(i),
            AmoMaxuD => self.amo::<amo::Maxu, u64>(i),
            _ => return false,
        }
        true
    }

    /// A computational floating-point instruction. x0 as its destination is the sink; f0 is a register like any other.
    fn float(&mut self, i: &Inst) -> bool {
        use Format::{Fx, FxRm, Xf, XfRm, Xff};
        let (rd, integer) = match i.op.format() {
            Xf | Xff | XfRm => (if i.rd == 0 { SINK } else { i.rd }, if i.rd == 0 { SINK } else { i.rd }),
            Fx | FxRm => (i.rd, i.rs1),
            _ => (i.rd, SINK),
        };
        let Some(handler) = fp::handlers(i.op, class(integer)) else { return false };
        self.float_op(handler, fp::immediate(i.rm, i.rs3), rd, i.rs1, i.rs2);
        true
    }

    pub(super) fn system<S: system::System>(&mut self, imm: i32, rd: u8, a: u8) {
        self.op(system::handlers::<S>(), imm, rd, a, 0);
    }

    fn privileged(&mut self, i: &Inst) -> bool {
        use Opcode::*;
        // Nothing but a fence, a hint or a CSR access goes on in the block.
        self.open = matches!(i.op, Csrrw | Csrrs | Csrrc | Csrrwi | Csrrsi | Csrrci | Fence | Pause);
        match i.op {
            Csrrw | Csrrs | Csrrc | Csrrwi | Csrrsi | Csrrci => match csr::select(i, self.now.retired) {
                Some((handler, imm)) => self.op(handler, imm, i.rd, i.rs1, 0),
                None => self.system::<system::Csr>(0, i.rd, i.rs1),
            },
            Fence => self.system::<system::Fence>(system::fence_kind(i.imm), 0, 0),
            Pause => self.system::<system::Pause>(0, 0, 0),
            FenceI => self.system::<system::FenceI>(0, 0, 0),
            Ecall => {
                self.op(traps::ecall, i32::from(self.retired), 0, 0, 0);
                self.value(self.address(self.now.offset));
            }
            Ebreak => self.system::<system::Ebreak>(0, 0, 0),
            Sret => self.op(traps::sret, i32::from(self.retired), 0, 0, 0),
            Mret => self.op(traps::mret, i32::from(self.retired), 0, 0, 0),
            Wfi => self.system::<system::Wfi>(0, 0, 0),
            SfenceVma => self.system::<system::SfenceVma>(0, 0, i.rs1),
            _ => return false,
        }
        true
    }
}

/// Whether an instruction belongs to Zba, Zbb, Zbc or Zbs.
pub(super) fn is_bitmanip(op: Opcode) -> bool {
    use Opcode::*;
    matches!(
        op,
        AddUw
            | Sh1add
            | Sh2add
            | Sh3add
            | Sh1addUw
            | Sh2addUw
            | Sh3addUw
            | SlliUw
            | Andn
            | Orn
            | Xnor
            | Max
            | Maxu
            | Min
            | Minu
            | Rol
            | Ror
            | Rori
            | Rolw
            | Rorw
            | Roriw
            | Clz
            | Ctz
            | Cpop
            | Clzw
            | Ctzw
            | Cpopw
            | SextB
            | SextH
            | ZextH
            | Rev8
            | OrcB
            | Clmul
            | Clmulh
            | Clmulr
            | Bclr
            | Bext
            | Binv
            | Bset
            | Bclri
            | Bexti
            | Binvi
            | Bseti
    )
}
