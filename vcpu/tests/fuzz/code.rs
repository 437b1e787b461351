//! Random instructions, and the handlers that lead back to them.

use crate::random::Random;

/// Registers that instructions name and that two runs are compared by.
pub const CSRS: &[u16] = &[
    0x001, 0x002, 0x003, 0x100, 0x104, 0x105, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, 0x180, 0x300,
    0x301, 0x302, 0x303, 0x304, 0x306, 0x30a, 0x320, 0x323, 0x340, 0x341, 0x342, 0x343, 0x344, 0x3a2, 0x3b8, 0x3b9,
    0x3ba, 0x7a0, 0xb00, 0xb02, 0xb03, 0xc00, 0xc01, 0xc02, 0xf14, 0x5c0,
];

/// One that is probably legal, and does something where it is.
pub fn instruction(random: &mut Random) -> u32 {
    let (mut rd, mut rs1, rs2) = (random.register(), random.register(), random.register());
    // Addresses last longer than by chance, and are used more often.
    if random.below(4) != 0 {
        rs1 = random.pick(&[9, 10, 11]);
        rd = if matches!(rd, 9..12) { 12 } else { rd };
    }
    let (f3, any) = (random.below(8) as u32, random.next() as u32);
    let fields = rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7;
    let offset = if random.below(3) == 0 { any >> 20 } else { (any >> 20 & 0x1f) << 3 };
    match random.below(24) {
        0 => any,
        1 => any | 3,
        2..=4 => random.pick(&[0, 0, 1, 1, 1]) << 25 | fields | 0x33,
        5 => random.pick(&[0x20, 5, 4, 0x10, 0x14, 0x24, 0x30, 0x34]) << 25 | fields | random.pick(&[0x33, 0x3b]),
        6 | 7 => offset << 20 | fields & 0xf_ffff & !(5 << 12) | f3 << 12 & 0x6000 | 0x13,
        8 => offset << 20 | fields & 0xf_8fff | 0x1b,
        9..=11 => offset << 20 | fields & 0xf_ffff & !(u32::from(f3 == 7) << 14) | 0x03,
        12 => offset << 20 | fields & 0xf_8fff | random.pick(&[2, 3]) << 12 | random.pick(&[0x07, 0x27]),
        13 | 14 => offset << 25 | fields & 0x1ff_8f80 | (f3 & 3) << 12 | 0x23,
        15 | 16 => {
            let f5 = random.pick(&[0, 1, 2, 3, 4, 8, 12, 16, 20, 24, 28]);
            f5 << 27
                | any & 3 << 25
                | if f5 == 2 { 0 } else { rs2 << 20 }
                | rs1 << 15
                | (f3 & 1 | 2) << 12
                | rd << 7
                | 0x2f
        }
        // Branches and jumps of a few instructions either way.
        17 | 18 => short_branch(any) | rs2 << 20 | rs1 << 15 | random.pick(&[0, 1, 4, 5, 6, 7]) << 12 | 0x63,
        19 => jump(any) | rd << 7 | 0x6f,
        20 => random.pick(&[0x17, 0x37]) | any & 0x800f_f000 | rd << 7,
        21 => {
            let f7 = random.pick(&[0, 4, 8, 12, 0x2c, 0x10, 0x14, 0x20, 0x50, 0x60, 0x68, 0x70, 0x78]);
            (f7 | any & 1) << 25 | fields & !(4 << 12) | 0x53
        }
        22 => match any & 1 {
            0 => u32::from(random.pick(CSRS)) << 20 | fields & 0xf_ffff | 0x73,
            _ => any & 0xfa00_0000 | fields & !(4 << 12) | random.pick(&[0x43, 0x47, 0x4b, 0x4f]),
        },
        _ => random.pick(&[
            0x73,
            0x0010_0073,
            0x1050_0073,
            0x1020_0073,
            0x3020_0073,
            0x1200_0073 | rs1 << 15,
            0x1200_0073,
            0x0000_100f,
            0x0ff0_000f,
            0x0100_000f,
            0x0000_0067 | rs1 << 15,
            0x0000_00e7 | rs1 << 15 | offset << 20,
        ]),
    }
}

/// The offset of a branch, at most 64 bytes either way.
fn short_branch(any: u32) -> u32 {
    let offset = ((any >> 8 & 0x7e) as i32 - 64) as u32;
    (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3f) << 25 | (offset >> 1 & 15) << 8 | (offset >> 11 & 1) << 7
}

fn jump(any: u32) -> u32 {
    let offset = ((any >> 8 & 0x7e) as i32 - 64) as u32;
    (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3ff) << 21 | (offset >> 11 & 1) << 20 | (offset >> 12 & 0xff) << 12
}

/// Back to random code, in some mode, with some registers pointing at memory again.
pub const M_HANDLER: &[u32] = &[
    0x3022_7073, // csrrci zero,medeleg,4
    0xb020_2ff3, // csrrs t6,minstret,zero
    0x9e37_8eb7, // lui t4,0x9e378
    0x9b9e_8e93, // addi t4,t4,-1607 # ffffffff9e3779b9
    0x03df_8fb3, // mul t6,t6,t4
    0x011f_df93, // srli t6,t6,0x11
    0x00bf_9f13, // slli t5,t6,0xb
    0x0000_2eb7, // lui t4,0x2
    0x800e_8e9b, // addiw t4,t4,-2048 # 1800
    0x300e_b073, // csrrc zero,mstatus,t4
    0x01ee_feb3, // and t4,t4,t5
    0x300e_a073, // csrrs zero,mstatus,t4
    0x004f_fe93, // andi t4,t6,4
    0x000e_8c63, // beq t4,zero,4c
    0x0010_0e93, // addi t4,zero,1
    0x03fe_9e93, // slli t4,t4,0x3f
    0x0008_0e37, // lui t3,0x80
    0x008e_0e13, // addi t3,t3,8 # 80008
    0x01ce_eeb3, // or t4,t4,t3
    0x180e_9073, // csrrw zero,satp,t4
    0x0000_4eb7, // lui t4,0x4
    0xffee_8e93, // addi t4,t4,-2 # 3ffe
    0x005f_df13, // srli t5,t6,0x5
    0x01df_7f33, // and t5,t5,t4
    0x0010_0e13, // addi t3,zero,1
    0x01fe_1e13, // slli t3,t3,0x1f
    0x0000_2eb7, // lui t4,0x2
    0x01ee_8f33, // add t5,t4,t5
    0x01ee_0f33, // add t5,t3,t5
    0x008f_fe93, // andi t4,t6,8
    0x000e_8863, // beq t4,zero,88
    0x0000_3eb7, // lui t4,0x3
    0x012e_9e93, // slli t4,t4,0x12
    0x01df_0f33, // add t5,t5,t4
    0x341f_1073, // csrrw zero,mepc,t5
    0x0001_1537, // lui a0,0x11
    0x01c5_0533, // add a0,a0,t3
    0x0000_15b7, // lui a1,0x1
    0xffc5_8593, // addi a1,a1,-4 # ffc
    0x00a5_85b3, // add a1,a1,a0
    0x0000_f4b7, // lui s1,0xf
    0x00a4_84b3, // add s1,s1,a0
    0x010f_fe93, // andi t4,t6,16
    0x000e_8a63, // beq t4,zero,c0
    0x0000_3eb7, // lui t4,0x3
    0x012e_9e93, // slli t4,t4,0x12
    0x01d5_0533, // add a0,a0,t4
    0x01d5_85b3, // add a1,a1,t4
    0x009f_de93, // srli t4,t6,0x9
    0x304e_9073, // csrrw zero,mie,t4
    0x060f_fe93, // andi t4,t6,96
    0x000e_9463, // bne t4,zero,d4
    0x1000_04b7, // lui s1,0x10000
    0x3020_0073, // mret
];
