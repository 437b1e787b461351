//! From instructions to ops: what a block consists of.
//!
//! A block runs from its entry through not-taken branches and jumps inside the page until something must be looked up: an indirect jump,
//! another page, or [`LIMIT`] instructions. An instruction that only writes x0 leaves no op, but is counted.
#![allow(unsafe_code)] // Places ops and makes them point at each other.

use crate::block::{Block, CodeCache, NO_PAGE, PAGE, Slot};
use crate::decode::{Format, Inst, Opcode, decode16, decode32, is_long};
use crate::exec::alu::{self, classed_ri, classed_rr, spilled_ri, spilled_rr};
use crate::exec::{amo, flow, fp, mem, system, zb};
use crate::hart::Isa;
use crate::op::{Handler, Op, Operands, Payload, SINK, class, full_class};
use crate::trace::decode;

/// Instructions of a block, at most.
const LIMIT: u8 = 64;

/// Translates the block at `offset` of a page. `None` where its first instruction goes on in the next page.
pub(crate) fn translate_block(code: &mut CodeCache, isa: Isa, page: u32, offset: u16) -> Option<*const Op> {
    let source = code.page(page);
    let mut builder = Builder::new(isa, source.base, i32::from(offset), true);
    while builder.open {
        match read(&source.bytes, builder.offset) {
            _ if builder.retired == LIMIT => builder.go_to_offset(builder.offset),
            Some((encoding, inst)) => builder.instruction(encoding, inst),
            None if builder.retired == 0 => return None,
            None => builder.go_far(builder.pc()),
        }
    }
    Some(builder.place(code, page))
}

/// Translates one instruction as a block of its own, which goes on by the jump cache alone.
pub(crate) fn translate_single(code: &mut CodeCache, isa: Isa, pc: u64, encoding: u32) -> *const Op {
    let mut builder = Builder::new(isa, pc & !0xfff, (pc & 0xfff) as i32, false);
    builder.instruction(encoding, decode(encoding));
    if builder.open {
        builder.go_far(builder.pc());
    }
    builder.place(code, NO_PAGE)
}

/// The encoding at an offset of a page, decoded; `None` where it does not end in the page.
fn read(bytes: &[u8; PAGE], offset: i32) -> Option<(u32, Option<Inst>)> {
    let at = usize::try_from(offset).ok()?;
    let low = u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
    if !is_long(low) {
        return Some((low.into(), decode16(low)));
    }
    let encoding = u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
    Some((encoding, decode32(encoding)))
}

/// A block in the making.
struct Builder {
    isa: Isa,
    /// The virtual address of the page.
    base: u64,
    /// Jumps inside the page are followed, and links made.
    linked: bool,
    /// The next instruction's offset in the page.
    offset: i32,
    /// Instructions so far.
    retired: u8,
    /// More instructions may follow.
    open: bool,
    ops: Vec<Op>,
    slots: Vec<Slot>,
    /// The running instruction.
    now: Slot,
    /// Links that lead nowhere yet, by their places.
    links: Vec<usize>,
    /// Links that lead to another page, by their places, with the address.
    exits: Vec<(usize, u64)>,
}

impl Builder {
    fn new(isa: Isa, base: u64, offset: i32, linked: bool) -> Builder {
        let now = Slot { offset, retired: 0, len: 0, encoding: 0 };
        let mut builder = Builder {
            isa,
            base,
            linked,
            offset,
            retired: 0,
            open: true,
            ops: Vec::with_capacity(80),
            slots: Vec::with_capacity(80),
            now,
            links: Vec::new(),
            exits: Vec::new(),
        };
        // The header; its payload is filled in when it is placed.
        builder.push(flow::leave, Payload { value: 0 });
        builder
    }

    /// The next instruction's address.
    fn pc(&self) -> u64 {
        self.address(self.offset)
    }

    fn address(&self, offset: i32) -> u64 {
        self.base.wrapping_add(offset as i64 as u64)
    }

    fn push(&mut self, handler: Handler, payload: Payload) {
        self.ops.push(Op { handler, payload });
        self.slots.push(self.now);
    }

    /// An ordinary op.
    fn op(&mut self, handler: Handler, imm: i32, rd: u8, a: u8, b: u8) {
        let slot = self.ops.len() as u8;
        let rd = if rd == 0 { SINK } else { rd };
        self.push(handler, Payload { operands: Operands { imm, rd, a, b, slot } });
    }

    /// The second op of one that needs 64 more bits.
    fn value(&mut self, value: u64) {
        self.push(flow::leave, Payload { value });
    }

    /// The link of the op before it, to this offset.
    fn link(&mut self, offset: i32) {
        let at = self.ops.len();
        self.value(0);
        self.slots[at].offset = offset;
        if self.linked && (0..PAGE as i32).contains(&offset) {
            self.ops[at].handler = flow::unlinked;
            self.links.push(at);
        } else {
            self.exits.push((at, self.address(offset)));
        }
    }

    /// Ends the block: goes on at this offset. The instructions so far have retired.
    fn go_to_offset(&mut self, offset: i32) {
        if !self.linked || !(0..PAGE as i32).contains(&offset) {
            return self.go_far(self.address(offset));
        }
        self.op(flow::goto_link, i32::from(self.retired), 0, 0, 0);
        self.link(offset);
        self.open = false;
    }

    /// Ends the block: goes on at this address by the jump cache. The instructions so far have retired.
    fn go_far(&mut self, pc: u64) {
        self.op(flow::goto_far, i32::from(self.retired), 0, 0, 0);
        self.value(pc);
        self.open = false;
    }

    /// Puts the block into the cache; returns its first op.
    fn place(mut self, code: &mut CodeCache, page: u32) -> *const Op {
        // Ways out to other pages: what they retired was charged by the branch.
        let exits: Vec<(usize, usize)> = std::mem::take(&mut self.exits)
            .into_iter()
            .map(|(link, pc)| {
                let at = self.ops.len();
                self.push(flow::goto_far, Payload { operands: Operands { imm: 0, rd: SINK, a: 0, b: 0, slot: 0 } });
                self.value(pc);
                (link, at)
            })
            .collect();
        let block = Block { page, base: self.base, slots: self.slots.into() };
        let header = code.place(&self.ops, block);
        // SAFETY: all places lie among the ops that were just placed, and nobody else reaches them yet.
        unsafe {
            for link in self.links {
                let link = header.add(link);
                (*link).payload.target = link;
            }
            for (link, exit) in exits {
                (*header.add(link)).payload.target = header.add(exit);
            }
            header.add(1)
        }
    }

    /// Translates one instruction.
    fn instruction(&mut self, encoding: u32, inst: Option<Inst>) {
        let len = if is_long(encoding as u16) { 4 } else { 2 };
        self.now = Slot { offset: self.offset, retired: self.retired, len, encoding };
        let next = self.offset + i32::from(len);
        // Jumps set it anew.
        let start = std::mem::replace(&mut self.offset, next);
        self.retired += 1;
        match inst {
            Some(inst) if self.isa.bitmanip || !is_bitmanip(inst.op) => self.translate(&inst, start),
            _ => self.illegal(),
        }
    }

    fn illegal(&mut self) {
        self.system::<system::Unknown>(0, 0, 0);
        self.open = false;
    }

    fn translate(&mut self, inst: &Inst, start: i32) {
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
            self.op(handler, 0, i.rd, i.rs1, i.rs2);
        }
    }

    /// Register and register, one handler.
    fn rare<F: alu::Binary>(&mut self, i: &Inst) {
        if i.rd != 0 {
            self.op(spilled_rr::<F>(), 0, i.rd, i.rs1, i.rs2);
        }
    }

    /// Register and immediate, a handler for each class.
    fn ri<F: alu::Binary>(&mut self, i: &Inst) {
        if i.rd != 0 {
            self.op(classed_ri::<F>(full_class(i.rd), full_class(i.rs1)), i.imm, i.rd, i.rs1, 0);
        }
    }

    /// Register and immediate, one handler.
    fn rare_ri<F: alu::Binary>(&mut self, i: &Inst) {
        if i.rd != 0 {
            self.op(spilled_ri::<F>(), i.imm, i.rd, i.rs1, 0);
        }
    }

    /// `rd = rs`.
    fn copy(&mut self, rd: u8, rs: u8) {
        if rd != 0 && rd != rs {
            self.op(classed_ri::<alu::First>(full_class(rd), full_class(rs)), 0, rd, rs, 0);
        }
    }

    /// `rd = value`.
    fn constant(&mut self, rd: u8, value: u64) {
        if rd == 0 {
            return;
        }
        match i32::try_from(value as i64) {
            Ok(imm) => self.op(classed_ri::<alu::Second>(full_class(rd), full_class(0)), imm, rd, 0, 0),
            Err(_) => {
                self.op(alu::constants(full_class(rd)), 0, rd, 0, 0);
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

    fn load<L: mem::Load>(&mut self, i: &Inst) {
        let d = if i.rd == 0 { SINK } else { i.rd };
        self.op(mem::loads::<L>(full_class(d), full_class(i.rs1)), i.imm, i.rd, i.rs1, 0);
    }

    fn store<S: mem::Store>(&mut self, i: &Inst) {
        self.op(mem::stores::<S>(full_class(i.rs1), full_class(i.rs2)), i.imm, 0, i.rs1, i.rs2);
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
        self.op(flow::branches::<C>(full_class(i.rs1), full_class(i.rs2)), retired, 0, i.rs1, i.rs2);
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
                    self.op(flow::jumps(full_class(i.rs1)), i.imm, 0, i.rs1, 0);
                } else {
                    self.op(flow::calls(class(i.rd), class(i.rs1)), i.imm, i.rd, i.rs1, 0);
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
        self.ordered(amo::amos::<A, W>(), i);
    }

    fn ordered(&mut self, handler: Handler, i: &Inst) {
        let imm = if i.aq || i.rl { amo::ORDERED } else { 0 };
        self.op(handler, imm, i.rd, i.rs1, i.rs2);
    }

    fn atomic(&mut self, i: &Inst) -> bool {
        use Opcode::*;
        match i.op {
            LrW => self.ordered(amo::load_reserved::<u32>(), i),
            LrD => self.ordered(amo::load_reserved::<u64>(), i),
            ScW => self.ordered(amo::store_conditional::<u32>(), i),
            ScD => self.ordered(amo::store_conditional::<u64>(), i),
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

    fn system<S: system::System>(&mut self, imm: i32, rd: u8, a: u8) {
        self.op(system::handlers::<S>(), imm, rd, a, 0);
    }

    fn privileged(&mut self, i: &Inst) -> bool {
        use Opcode::*;
        // Nothing but a fence, a hint or a CSR access goes on in the block.
        self.open = matches!(i.op, Csrrw | Csrrs | Csrrc | Csrrwi | Csrrsi | Csrrci | Fence | Pause);
        match i.op {
            Csrrw | Csrrs | Csrrc | Csrrwi | Csrrsi | Csrrci => self.system::<system::Csr>(0, i.rd, i.rs1),
            Fence => self.system::<system::Fence>(system::fence_kind(i.imm), 0, 0),
            Pause => self.system::<system::Pause>(0, 0, 0),
            FenceI => self.system::<system::FenceI>(0, 0, 0),
            Ecall => self.system::<system::Ecall>(0, 0, 0),
            Ebreak => self.system::<system::Ebreak>(0, 0, 0),
            Sret => self.system::<system::Sret>(0, 0, 0),
            Mret => self.system::<system::Mret>(0, 0, 0),
            Wfi => self.system::<system::Wfi>(0, 0, 0),
            SfenceVma => self.system::<system::SfenceVma>(0, 0, i.rs1),
            _ => return false,
        }
        true
    }
}

/// Whether an instruction belongs to Zba, Zbb, Zbc or Zbs.
fn is_bitmanip(op: Opcode) -> bool {
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
