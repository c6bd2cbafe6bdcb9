// A guest program: sockets at their edges: unix names, credentials and descriptors, shutdown, peeking and truncating,
// TCP and UDP on the loopback, options. Prints what happened; the test compares with a native run.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

// What a call answered, or -errno.
int Or(long result) { return result < 0 ? -errno : static_cast<int>(result); }

struct UnixName {
  sockaddr_un address{};
  socklen_t length;
  explicit UnixName(const char* path) {
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + strlen(path) + 1);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

int Option(int fd, int level, int option) {
  int value = -77;
  socklen_t length = sizeof(value);
  return getsockopt(fd, level, option, &value, &length) == 0 ? value : -errno;
}

void UnixNames() {
  char directory[] = "/tmp/socketsXXXXXX";
  (void)!mkdtemp(directory);
  (void)!chdir(directory);
  const UnixName name("name");
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  printf("nobody %d ", Or(connect(client, name.get(), name.length)));
  printf("bind %d ", Or(bind(listener, name.get(), name.length)));
  printf("again %d ", Or(bind(listener, name.get(), name.length)));
  printf("another %d ", Or(bind(client, name.get(), name.length)));
  struct stat status;
  stat("name", &status);
  printf("mode %o open %d ", status.st_mode & S_IFMT, Or(open("name", O_RDONLY)));
  printf("not listening %d ", Or(connect(client, name.get(), name.length)));
  printf("listen %d accept %d ", Or(listen(listener, 1)), Or(accept4(client, nullptr, nullptr, 0)));
  printf("connect %d ", Or(connect(client, name.get(), name.length)));
  printf("twice %d\n", Or(connect(client, name.get(), name.length)));
  const int server = accept(listener, nullptr, nullptr);
  sockaddr_un seen{};
  socklen_t length = sizeof(seen);
  getsockname(client, reinterpret_cast<sockaddr*>(&seen), &length);
  printf("client's name %u ", length);
  length = sizeof(seen);
  getpeername(client, reinterpret_cast<sockaddr*>(&seen), &length);
  printf("peer's %u %s ", length, seen.sun_path);
  length = 4;
  getsockname(server, reinterpret_cast<sockaddr*>(&seen), &length);
  printf("truncated %u ", length);
  ucred peer{};
  length = sizeof(peer);
  getsockopt(server, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  printf("peer is me %d %d\n", peer.pid == getpid(), peer.uid == geteuid());
  printf("type %d domain %d protocol %d accepts %d %d error %d\n", Option(client, SOL_SOCKET, SO_TYPE),
         Option(client, SOL_SOCKET, SO_DOMAIN), Option(client, SOL_SOCKET, SO_PROTOCOL),
         Option(listener, SOL_SOCKET, SO_ACCEPTCONN), Option(client, SOL_SOCKET, SO_ACCEPTCONN),
         Option(client, SOL_SOCKET, SO_ERROR));
  unlink("name");
  const int late = socket(AF_UNIX, SOCK_STREAM, 0);
  printf("unlinked %d ", Or(connect(late, name.get(), name.length)));
  // Abstract names, and ones that the kernel chooses.
  sockaddr_un abstract{};
  abstract.sun_family = AF_UNIX;
  memcpy(abstract.sun_path, "\0guest", 6);
  const socklen_t abstract_length = offsetof(sockaddr_un, sun_path) + 6;
  const int hidden = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
  printf("abstract %d ", Or(bind(hidden, reinterpret_cast<sockaddr*>(&abstract), abstract_length)));
  printf("in use %d ", Or(bind(sender, reinterpret_cast<sockaddr*>(&abstract), abstract_length)));
  const sa_family_t family = AF_UNIX;
  printf("chosen %d ", Or(bind(sender, reinterpret_cast<const sockaddr*>(&family), sizeof(family))));
  length = sizeof(seen);
  getsockname(sender, reinterpret_cast<sockaddr*>(&seen), &length);
  printf("length %u begins %d ", length, seen.sun_path[0]);
  printf("wrong type %d ", Or(connect(late, reinterpret_cast<sockaddr*>(&abstract), abstract_length)));
  printf("send %d\n", Or(sendto(sender, "x", 1, 0, reinterpret_cast<sockaddr*>(&abstract), abstract_length)));
  for (const int fd : {listener, client, server, late, hidden, sender}) close(fd);
  (void)!chdir("/");
  rmdir(directory);
}

void Streams() {
  int pair[2];
  char text[100];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
  printf("empty %d ", Or(recv(pair[0], text, 10, 0)));
  (void)!write(pair[1], "abcdef", 6);
  int waiting = 0;
  ioctl(pair[0], FIONREAD, &waiting);
  printf("waiting %d peek %d ", waiting, Or(recv(pair[0], text, 3, MSG_PEEK)));
  printf("read %d %.4s ", Or(recv(pair[0], text, 4, 0)), text);
  printf("waitall %d ", Or(recv(pair[0], text, 10, MSG_WAITALL)));
  printf("oob %d ", Or(recv(pair[0], text, 1, MSG_OOB)));
  printf("shutdown %d ", Or(shutdown(pair[1], SHUT_WR)));
  printf("end %d ", Or(recv(pair[0], text, 10, 0)));
  printf("write after %d ", Or(send(pair[1], "x", 1, MSG_NOSIGNAL)));
  printf("other way %d ", Or(send(pair[0], "x", 1, MSG_NOSIGNAL)));
  close(pair[0]);
  printf("peer gone: read %d ", Or(recv(pair[1], text, 10, 0)));
  printf("then %d ", Or(recv(pair[1], text, 10, 0)));
  printf("bad how %d\n", Or(shutdown(pair[1], 9)));
  close(pair[1]);
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
  (void)!send(pair[1], "first", 5, 0);
  (void)!send(pair[1], "", 0, 0);
  (void)!send(pair[1], "second", 6, 0);
  msghdr message{};
  iovec part{text, 3};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const int n = Or(recvmsg(pair[0], &message, 0));
  printf("packet %d flags %x ", n, message.msg_flags);
  printf("empty %d ", Or(recv(pair[0], text, 10, MSG_DONTWAIT)));
  printf("whole length %d ", Or(recv(pair[0], text, 2, MSG_TRUNC | MSG_PEEK)));
  printf("rest %d ", Or(read(pair[0], text, 100)));
  close(pair[1]);
  printf("end %d\n", Or(recv(pair[0], text, 10, 0)));
  close(pair[0]);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  close(pair[1]);
  printf("datagram to nobody %d", Or(send(pair[0], "x", 1, MSG_NOSIGNAL)));
  close(pair[0]);
  signal(SIGPIPE, SIG_IGN);
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  close(pair[1]);
  printf(" stream %d\n", Or(write(pair[0], "x", 1)));
  close(pair[0]);
}

// Descriptors and credentials that travel with bytes.
void Rights() {
  int pair[2], pipe_ends[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  (void)!pipe(pipe_ends);
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int)) + CMSG_SPACE(sizeof(ucred))] = {};
  char byte = 'x';
  iovec part{&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(2 * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  *header = {CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(header), pipe_ends, sizeof(pipe_ends));
  printf("send two %d ", Or(sendmsg(pair[0], &message, 0)));
  printf("more %d ", Or(send(pair[0], "yz", 2, 0)));
  close(pipe_ends[0]);
  // Room for one only: the other is closed on the way.
  char text[10];
  part = {text, sizeof(text)};
  message.msg_controllen = CMSG_LEN(sizeof(int));
  int n = Or(recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC));
  int got = -1;
  memcpy(&got, CMSG_DATA(header), sizeof(got));
  printf("bytes %d flags %x length %d cloexec %d ", n, message.msg_flags & ~MSG_CMSG_CLOEXEC,
         static_cast<int>(message.msg_controllen == CMSG_LEN(sizeof(int))), fcntl(got, F_GETFD));
  close(pipe_ends[1]);
  pollfd ready{got, POLLIN, 0};
  poll(&ready, 1, 0);
  printf("hung up %x ", ready.revents);
  printf("rest %d\n", Or(recv(pair[1], text, 10, MSG_DONTWAIT)));
  // A closed descriptor cannot be sent.
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int closed = 900;
  memcpy(CMSG_DATA(header), &closed, sizeof(closed));
  message.msg_controllen = CMSG_SPACE(sizeof(int));
  printf("closed %d ", Or(sendmsg(pair[0], &message, 0)));
  // Credentials on request.
  const int on = 1;
  setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
  (void)!send(pair[0], "c", 1, 0);
  message.msg_controllen = sizeof(control);
  n = Or(recvmsg(pair[1], &message, 0));
  ucred sender{};
  memcpy(&sender, CMSG_DATA(header), sizeof(sender));
  printf("credentials %d type %d me %d\n", n, header->cmsg_type, sender.pid == getpid() && sender.uid == getuid());
  for (const int fd : {pair[0], pair[1], got}) close(fd);
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

uint16_t PortOf(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

int Bind(int fd, const sockaddr_in& address) {
  return Or(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}
int Connect(int fd, const sockaddr_in& address) {
  return Or(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

void Tcp() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  printf("not connected %d ", Or(send(client, "x", 1, MSG_NOSIGNAL)));
  printf("bind %d ", Bind(listener, Loopback(0)));
  const uint16_t port = PortOf(listener);
  printf("before listen %d ", Connect(client, Loopback(port)));
  pollfd ready{client, POLLOUT, 0};
  poll(&ready, 1, 1000);
  printf("events %x error %d ", ready.revents, Option(client, SOL_SOCKET, SO_ERROR));
  printf("then %d\n", Option(client, SOL_SOCKET, SO_ERROR));
  close(client);
  listen(listener, 5);
  const int other = socket(AF_INET, SOCK_STREAM, 0);
  printf("port in use %d ", Bind(other, Loopback(port)));
  const int on = 1;
  setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  printf("reuse while listening %d ", Bind(other, Loopback(port)));
  sockaddr_in foreign = Loopback(0);
  foreign.sin_addr.s_addr = htonl(0x08080808);
  printf("foreign address %d ", Bind(other, foreign));
  sockaddr_in family = Loopback(0);
  family.sin_family = AF_INET6;
  printf("family %d short %d\n", Bind(other, family), Or(bind(other, reinterpret_cast<const sockaddr*>(&family), 4)));
  const int caller = socket(AF_INET, SOCK_STREAM, 0);
  printf("connect %d ", Connect(caller, Loopback(port)));
  printf("again %d ", Connect(caller, Loopback(port)));
  const int server = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  printf("flags %o %d ", fcntl(server, F_GETFL) & O_NONBLOCK, fcntl(server, F_GETFD));
  char text[20];
  printf("empty %d ", Or(recv(server, text, 10, 0)));
  setsockopt(caller, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(caller, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  printf("nodelay %d keepalive %d reuse %d ", Option(caller, IPPROTO_TCP, TCP_NODELAY),
         Option(caller, SOL_SOCKET, SO_KEEPALIVE), Option(caller, SOL_SOCKET, SO_REUSEADDR));
  tcp_info info{};
  socklen_t length = sizeof(info);
  getsockopt(caller, IPPROTO_TCP, TCP_INFO, &info, &length);
  printf("state %d ", info.tcpi_state);
  printf("unknown option %d\n", Option(caller, IPPROTO_TCP, 9999));
  (void)!send(caller, "hello", 5, 0);
  shutdown(caller, SHUT_WR);
  ready = {server, POLLIN | POLLRDHUP | POLLOUT, 0};
  for (int i = 0; i < 200 && (ready.revents & POLLRDHUP) == 0; ++i) {
    poll(&ready, 1, 10);
    usleep(1000);
  }
  printf("half closed %x read %d ", ready.revents, Or(recv(server, text, 20, 0)));
  printf("end %d ", Or(recv(server, text, 20, 0)));
  printf("answer %d ", Or(send(server, "bye", 3, 0)));
  printf("got %d\n", Or(recv(caller, text, 20, 0)));
  // Unread bytes at close: the peer is reset.
  (void)!send(server, "unread", 6, 0);
  ready = {caller, POLLIN, 0};
  poll(&ready, 1, 1000);
  const linger at_once{1, 0};
  setsockopt(caller, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(caller);
  ready = {server, POLLIN, 0};
  for (int i = 0; i < 200 && (ready.revents & POLLHUP) == 0; ++i) {
    poll(&ready, 1, 10);
    usleep(1000);
  }
  printf("reset: error %d ", Option(server, SOL_SOCKET, SO_ERROR));
  printf("write %d\n", Or(send(server, "x", 1, MSG_NOSIGNAL)));
  for (const int fd : {listener, other, server}) close(fd);
}

void Udp() {
  const int one = socket(AF_INET, SOCK_DGRAM, 0), two = socket(AF_INET, SOCK_DGRAM, 0);
  char text[20];
  Bind(one, Loopback(0));
  const sockaddr_in address = Loopback(PortOf(one));
  printf("no target %d ", Or(send(two, "x", 1, 0)));
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  printf("send %d ", Or(sendto(two, "abcdef", 6, 0, name, sizeof(address))));
  printf("too long %d ", Or(sendto(two, text, 70'000, 0, name, sizeof(address))));
  sockaddr_in from{};
  socklen_t length = sizeof(from);
  printf("truncated %d ", Or(recvfrom(one, text, 2, MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &length)));
  printf("from %d\n", from.sin_port == htons(PortOf(two)));
  printf("connect %d ", Connect(two, address));
  printf("stranger is not heard ");
  const int three = socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in of_two = Loopback(PortOf(two));
  (void)!sendto(three, "x", 1, 0, reinterpret_cast<const sockaddr*>(&of_two), sizeof(of_two));
  printf("%d ", Or(recv(two, text, 20, MSG_DONTWAIT)));
  close(one);
  printf("refused %d ", Or(send(two, "x", 1, 0)));
  pollfd ready{two, POLLIN, 0};
  poll(&ready, 1, 1000);
  printf("%x %d ", ready.revents, Or(recv(two, text, 20, MSG_DONTWAIT)));
  sockaddr_in none{};
  none.sin_family = AF_UNSPEC;
  printf("disconnect %d ", Connect(two, none));
  printf("then %d\n", Or(send(two, "x", 1, 0)));
  const int six = socket(AF_INET6, SOCK_DGRAM, 0);
  printf("v6only %d ", Option(six, IPPROTO_IPV6, IPV6_V6ONLY));
  printf("broadcast %d ttl %d tos %d\n", Option(two, SOL_SOCKET, SO_BROADCAST), Option(two, IPPROTO_IP, IP_TTL),
         Option(two, IPPROTO_IP, IP_TOS));
  for (const int fd : {two, three, six}) close(fd);
}

void Refused() {
  printf("family %d type %d protocol %d flags %d ", Or(socket(99, SOCK_STREAM, 0)), Or(socket(AF_INET, 77, 0)),
         Or(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP)), Or(socket(AF_INET, SOCK_STREAM | 0x100000, 0)));
  int pair[2];
  printf("inet pair %d ", Or(socketpair(AF_INET, SOCK_STREAM, 0, pair)));
  const int file = open("/dev/null", O_RDWR);
  printf("no socket %d %d ", Or(listen(file, 1)), Or(send(file, "x", 1, 0)));
  const int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  printf("listen %d accept %d ", Or(listen(datagrams, 1)), Or(accept(datagrams, nullptr, nullptr)));
  char byte;
  printf("seek %d pread %d\n", Or(lseek(datagrams, 0, SEEK_CUR)), Or(pread(datagrams, &byte, 1, 0)));
  close(file), close(datagrams);
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  UnixNames();
  Streams();
  Rights();
  Tcp();
  Udp();
  Refused();
  return 0;
}
