// A guest program: System V semaphores that are undone, sealed memory, pipes of packets, process descriptors, datagrams
// with control messages. Prints what happened; the test compares with a native run.
#include <fcntl.h>
#include <linux/sched.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>

namespace {

void Semaphores() {
  const int set = semget(IPC_PRIVATE, 2, 0600 | IPC_CREAT);
  semctl(set, 0, SETVAL, 5);
  const pid_t child = fork();
  if (child == 0) {
    sembuf operations[] = {{0, -3, SEM_UNDO}, {1, 2, SEM_UNDO}};
    const int result = semop(set, operations, 2);
    printf("semop %d, now %d\n", result, semctl(set, 0, GETVAL));
    sembuf plain{1, 4, 0};
    semop(set, &plain, 1);
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  printf("undone: %d %d\n", semctl(set, 0, GETVAL), semctl(set, 1, GETVAL));
  seminfo info;
  printf("info %d\n", semctl(0, 0, SEM_INFO, &info) >= 0 && info.semusz >= 1);
  semctl(set, 0, IPC_RMID);
}

void Seals() {
  const int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
  if (ftruncate(fd, 8192) != 0) return;
  printf("seals %d, add %d\n", fcntl(fd, F_GET_SEALS), fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK));
  printf("grow %d", ftruncate(fd, 9000) == -1 && errno == EPERM);
  printf(" shrink %d", ftruncate(fd, 10) == -1 && errno == EPERM);
  printf(" write %zd\n", pwrite(fd, "abc", 3, 0));
  void* shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  printf("mapped %d", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == -1 && errno == EBUSY);
  munmap(shared, 4096);
  printf(" unmapped %d", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
  printf(" write %d", pwrite(fd, "abc", 3, 0) == -1 && errno == EPERM);
  printf(" map %d", mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM);
  printf(" private %d", mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) != MAP_FAILED);
  printf(" more %d seals %d\n", fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) == -1 && errno == EPERM, fcntl(fd, F_GET_SEALS));
  const int plain = memfd_create("plain", 0);
  printf("plain %d %d\n", fcntl(plain, F_GET_SEALS), fcntl(plain, F_ADD_SEALS, F_SEAL_GROW) == -1 && errno == EPERM);
  int ends[2];
  if (pipe(ends) == 0) printf("a pipe %d\n", fcntl(ends[0], F_GET_SEALS) == -1 && errno == EINVAL);
}

void Packets() {
  int ends[2];
  if (pipe2(ends, O_DIRECT | O_NONBLOCK) != 0) return;
  char bytes[10000];
  memset(bytes, 'x', sizeof(bytes));
  for (size_t length : {5, 1, 6000}) printf("%zd ", write(ends[1], bytes, length));
  printf("written:");
  printf(" %zd", read(ends[0], bytes, 3));  // two are lost
  for (int i = 0; i < 4; ++i) printf(" %zd", read(ends[0], bytes, sizeof(bytes)));
  printf("\n");
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  (void)!write(ends[1], "abc", 3);
  (void)!write(ends[1], "def", 3);
  printf("bytes %zd\n", read(ends[0], bytes, sizeof(bytes)));
}

void ProcessDescriptors() {
  clone_args arguments{};
  int fd = -1;
  arguments.flags = CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uint64_t>(&fd);
  arguments.exit_signal = SIGCHLD;
  const auto child = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof(arguments)));
  if (child == 0) {
    pause();
    _exit(0);
  }
  printf("pidfd %d close-on-exec %d\n", fd >= 0, fcntl(fd, F_GETFD));
  const std::string directory = "/proc/" + std::to_string(child);
  const int proc = open(directory.c_str(), O_DIRECTORY | O_RDONLY);
  printf("signals %ld", syscall(SYS_pidfd_send_signal, fd, 0, nullptr, 0));
  printf(" %ld\n", syscall(SYS_pidfd_send_signal, proc, SIGTERM, nullptr, 0));
  siginfo_t info{};
  printf("waitid %d:", waitid(static_cast<idtype_t>(3 /*P_PIDFD*/), static_cast<id_t>(fd), &info, WEXITED));
  printf(" %d %d\n", info.si_pid == child, info.si_status);
}

void PosixQueues() {
  mq_unlink("/sandbox-test");
  mq_attr attributes{0, 2, 100, 0, {}};
  const mqd_t queue = mq_open("/sandbox-test", O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes);
  printf("queue %d, again %d\n", queue >= 0, mq_open("/sandbox-test", O_RDWR | O_CREAT | O_EXCL, 0600, nullptr) < 0);
  printf("send %d", mq_send(queue, "low", 3, 1));
  printf(" %d", mq_send(queue, "high", 4, 9));
  printf(" full %d\n", mq_send(queue, "more", 4, 1) == -1 && errno == EAGAIN);
  char bytes[100];
  for (int i = 0; i < 3; ++i) {
    unsigned priority = 0;
    const ssize_t n = mq_receive(queue, bytes, sizeof(bytes), &priority);
    printf("received %zd priority %u\n", n, priority);
  }
  signal(SIGUSR1, SIG_IGN);
  const pid_t child = fork();
  if (child == 0) {
    const mqd_t own = mq_open("/sandbox-test", O_WRONLY);
    usleep(50000);
    _exit(mq_send(own, "from a child", 12, 0) == 0 ? 0 : 1);
  }
  attributes.mq_flags = 0;
  mq_setattr(queue, &attributes, nullptr);
  printf("waited %zd", mq_receive(queue, bytes, sizeof(bytes), nullptr));
  timespec past{1, 0};
  printf(" timed out %d\n", mq_timedreceive(queue, bytes, sizeof(bytes), nullptr, &past) == -1 && errno == ETIMEDOUT);
  waitpid(child, nullptr, 0);
  printf("unlink %d", mq_unlink("/sandbox-test"));
  printf(" %d\n", mq_unlink("/sandbox-test") == -1 && errno == ENOENT);
}

void Datagrams() {
  const int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_addr = in6addr_loopback;
  socklen_t length = sizeof(name);
  bind(fd, reinterpret_cast<sockaddr*>(&name), length);
  getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length);
  const int on = 1, lite = socket(AF_INET, SOCK_DGRAM, 136 /*IPPROTO_UDPLITE*/);
  for (int option : {IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_RECVPKTINFO}) {
    setsockopt(fd, IPPROTO_IPV6, option, &on, sizeof(on));
  }
  char control[256] = {};
  iovec data{const_cast<char*>("hello"), 5};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = sizeof(name);
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  *header = {CMSG_LEN(sizeof(int)), IPPROTO_IPV6, IPV6_TCLASS};
  const int traffic_class = 17;
  memcpy(CMSG_DATA(header), &traffic_class, sizeof(int));
  printf("sent %zd\n", sendmsg(fd, &message, 0));
  char received[16];
  data = {received, sizeof(received)};
  message.msg_controllen = sizeof(control);
  printf("received %zd\n", recvmsg(fd, &message, 0));
  int hops = -1, seen_class = -1, interface = -1;
  for (header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_type == IPV6_HOPLIMIT) memcpy(&hops, CMSG_DATA(header), sizeof(int));
    if (header->cmsg_type == IPV6_TCLASS) memcpy(&seen_class, CMSG_DATA(header), sizeof(int));
    if (header->cmsg_type == IPV6_PKTINFO) interface = CMSG_DATA(header)[15];
  }
  printf("hops %d, class %d, to ::%d\n", hops, seen_class, interface);
  printf("udplite %d\n", lite >= 0);
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  Semaphores();
  Seals();
  Packets();
  ProcessDescriptors();
  PosixQueues();
  Datagrams();
  return 0;
}
