// One guest thread as a traced thread of the host. See ptrace_platform.h.
#ifndef SANDBOX_PLATFORM_PTRACE_PTRACE_CONTEXT_H_
#define SANDBOX_PLATFORM_PTRACE_PTRACE_CONTEXT_H_

#include <atomic>
#include <memory>
#include <vector>

#include "sandbox/platform/ptrace/ptrace_address_space.h"
#include "sandbox/platform/ptrace/ptrace_platform.h"

namespace sandbox {

class PtraceContext : public Context {
 public:
  // `tid` is parked and not traced yet. It will run on CPU `cpu` of the placement (-1: any).
  PtraceContext(PtracePlatform* platform, std::shared_ptr<PtraceAddressSpace> space, pid_t tid, int slot, int cpu);
  ~PtraceContext() override;

  Result<void> Bind() override;
  bool Prepare() override;
  void Apply() override;
  Trap Run(Registers* registers, Changed changed) override;
  void Interrupt() override;
  std::vector<uint8_t> GetExtendedState() override;
  bool SetExtendedState(const std::vector<uint8_t>& state) override;
  void ResetExtendedState() override;
  Result<std::unique_ptr<Context>> NewThread() override;
  Result<std::unique_ptr<Context>> Fork() override;
  Result<void> NewAddressSpace() override;
  const std::shared_ptr<AddressSpace>& address_space() const override { return space_; }
  int64_t GuestTime() const override;
  void WillBlock() override;
  void DidBlock() override;
  bool MaySpin() const override;

 private:
  PtraceAddressSpace& space() const { return static_cast<PtraceAddressSpace&>(*space_); }
  Result<void> Seize();
  // Waits until the thread stops; false if it died.
  bool WaitForStop(int* status);
  bool GetRegisters(Registers* registers) const;
  bool SetRegisters(const Registers& registers) const;
  // Runs the stub's code at `entry` until its int3. False if the thread died.
  bool RunStub(Addr entry, Registers* registers);
  bool RunOrders(const std::vector<Order>& orders);
  Result<pid_t> CloneStub(uint64_t flags);
  Trap Classify(int status, Registers* registers);
  // Ends the host thread, not the process.
  void EndThread();

  PtracePlatform* const platform_;
  std::shared_ptr<AddressSpace> space_;
  std::atomic<pid_t> tid_;
  int slot_;
  CpuPlacement::Pair pair_;
  int first_cpu_;
  bool bound_ = false;
  bool lost_ = false;
  bool registers_moved_ = false;  // the stub ran: the guest's registers must be written again
  bool interrupted_ = false;      // an Interrupt arrived while the stub ran
  std::vector<Order> taken_;
  uint64_t taken_number_ = 0;
};

}  // namespace sandbox
#endif  // SANDBOX_PLATFORM_PTRACE_PTRACE_CONTEXT_H_
