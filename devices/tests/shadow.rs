//! A UART whose registers a virtual CPU reads without it where it can, beside one that is asked each time: whatever is done to both, they
//! read alike.

use manyhart_devices::uart::{self, Uart, UartMessage};
use manyhart_runtime::{
    AddressSpaceId, BusError, Clock, Config, DeviceHandle, Executive, Gpa, Line, Reader, Requester,
};
use proptest::prelude::*;

const CPU: Requester = Requester::Cpu(0);

struct Machine {
    executive: Executive,
    device: DeviceHandle<Uart>,
    space: AddressSpaceId,
    reader: Reader,
}

#[derive(Debug, Clone)]
enum Step {
    Read(u64),
    Write(u64, u8),
    Input(Vec<u8>),
    Break,
    Reset,
}

impl Machine {
    fn new() -> Machine {
        let config = Config { clock: Clock::manual(10_000_000), on_device_failure: None };
        let executive = Executive::new(config).unwrap();
        let device = executive.spawn("uart", Uart::new(Box::new(uart::channel(1).0), Line::unconnected()));
        let mut map = executive.topology().transaction();
        let root = map.container("root", 1 << 64);
        let space = map.address_space("space", root);
        let region = map.mmio("uart", uart::SIZE.into(), device.mmio(0, uart::SPEC));
        map.add_subregion(root, 0, region);
        map.commit().unwrap();
        let mut reader = executive.reader("cpu", None);
        reader.checkpoint(&mut ());
        Machine { executive, device, space, reader }
    }

    /// As a virtual CPU does.
    fn read(&mut self, register: u64) -> Result<u64, BusError> {
        self.reader.read(self.space, Gpa(register), 1, CPU, &mut ())
    }

    /// As a control thread does, which sends the device a message.
    fn ask(&self, register: u64) -> Result<u64, BusError> {
        let mut byte = [0];
        self.executive.topology().address_space(self.space).read(Gpa(register), &mut byte, CPU)?;
        Ok(byte[0].into())
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Read(_) => {}
            Step::Write(register, value) => {
                self.reader.write(self.space, Gpa(*register), 1, u64::from(*value), CPU, &mut ()).unwrap();
            }
            Step::Input(bytes) => assert!(self.device.post(UartMessage::input(bytes.clone()).0)),
            Step::Break => assert!(self.device.post(UartMessage::line_break())),
            Step::Reset => self.device.reset().unwrap(),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.reader.go_offline();
        self.executive.shutdown();
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..8u64).prop_map(Step::Read),
        4 => (0..8u64, any::<u8>()).prop_map(|(register, value)| Step::Write(register, value)),
        1 => proptest::collection::vec(any::<u8>(), 0..20).prop_map(Step::Input),
        1 => Just(Step::Break),
        1 => Just(Step::Reset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_uart_reads_alike_with_and_without_its_handlers(steps in proptest::collection::vec(step(), 1..60)) {
        let (mut shadowed, mut asked) = (Machine::new(), Machine::new());
        for step in &steps {
            shadowed.run(step);
            asked.run(step);
            if let Step::Read(register) = *step {
                prop_assert_eq!(shadowed.read(register), asked.ask(register), "register {}", register);
            }
        }
    }
}
