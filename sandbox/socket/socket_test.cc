#include "sandbox/socket/socket.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "sandbox/fs/tmpfs.h"
#include "sandbox/mm/memory_file.h"
#include "sandbox/socket/netlink_socket.h"

namespace sandbox {
namespace {

using SocketPtr = std::shared_ptr<Socket>;

// Two processes, "client" (pid 10, uid 1000) and "server" (pid 20, root), over an empty tmpfs.
class SocketTest : public testing::Test {
 protected:
  SocketTest() {
    vfs_.mounts().MountRoot(tmpfs_->MakeRoot(0777), {});
    context_.root = context_.cwd = vfs_.RootPath();
  }

  SocketCaller client() { return {*user_, 10, vfs_, context_}; }
  SocketCaller server() { return {*root_, 20, vfs_, context_}; }

  SocketPtr Make(int domain, int type, int protocol = 0) {
    Result<SocketPtr> made = MakeSocket(server(), domain, type, protocol, 0);
    EXPECT_TRUE(made.ok()) << made.error();
    return made.ok() ? *made : nullptr;
  }
  std::pair<SocketPtr, SocketPtr> MakePair(int type) { return *MakeSocketPair(server(), AF_UNIX, type, 0, 0); }

  // The number of bytes, or a negative errno.
  int Send(const SocketPtr& socket, std::string text, std::vector<std::shared_ptr<File>> files = {},
           SocketAddress to = {}) {
    IoBuffer data(text.data(), text.size());
    const SocketCaller caller = client();
    OutgoingMessage message{.data = data, .to = to, .caller = &caller};
    message.ancillary = {.files = std::move(files), .sender = caller.ids()};
    Result<size_t> sent = socket->Send(message);
    return sent.ok() ? static_cast<int>(*sent) : -sent.error();
  }
  struct Received {
    int error = 0;
    std::string text;
    SocketAddress from;
    Ancillary ancillary;
    size_t full_length = 0;
    int flags = 0;
  };
  Received Receive(const SocketPtr& socket, size_t room = 1000, int flags = 0) {
    std::string text(room, '\0');
    IoBuffer data(text.data(), text.size());
    IncomingMessage message{.data = data, .flags = flags};
    Result<size_t> received = socket->Receive(message);
    text.resize(received.value_or(0));
    return {received.error(), text, message.from, message.ancillary, message.full_length, message.result_flags};
  }
  int Connect(const SocketPtr& socket, const SocketAddress& address, bool nonblocking = false) {
    Socket* blocked_on = nullptr;
    return socket->Connect(client(), address, nonblocking, &blocked_on).error();
  }
  ReadyMask Ready(const SocketPtr& socket) {
    return socket->Readiness(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  }

  std::unique_ptr<MemoryFile> memory_ = *MemoryFile::Create(0);
  std::shared_ptr<Tmpfs> tmpfs_ = std::make_shared<Tmpfs>(memory_.get(), 0);
  Vfs vfs_;
  FsContext context_;
  std::shared_ptr<const Credentials> user_ = Credentials::ForUser(1000, 1000, {});
  std::shared_ptr<const Credentials> root_ = Credentials::ForUser(0, 0, {});
};

SocketAddress UnixAddress(std::string_view name) {
  sockaddr_un un{.sun_family = AF_UNIX};
  memcpy(un.sun_path, name.data(), name.size());
  return SocketAddress::Of(un, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size()));
}

SocketAddress V4(uint32_t address, uint16_t port) { return FromEndpoint(Endpoint::V4(address, port), AF_INET); }
SocketAddress V6(const char* text, uint16_t port) {
  sockaddr_in6 in{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  inet_pton(AF_INET6, text, &in.sin6_addr);
  return SocketAddress::Of(in);
}
uint16_t PortOf(const SocketPtr& socket) { return ToEndpoint(*socket->LocalName(), socket->domain())->port; }

// -- unix

TEST_F(SocketTest, StreamBytesRunTogether) {
  auto [a, b] = MakePair(SOCK_STREAM);
  EXPECT_EQ(EAGAIN, Receive(b).error);
  EXPECT_EQ(3, Send(a, "abc"));
  EXPECT_EQ(3, Send(a, "def"));
  EXPECT_EQ("abcd", Receive(b, 4, MSG_PEEK).text);
  EXPECT_EQ("abcd", Receive(b, 4).text);
  EXPECT_EQ("ef", Receive(b).text);
  EXPECT_EQ(EAGAIN, Receive(b).error);
}

TEST_F(SocketTest, StreamFillsUpAndDrains) {
  auto [a, b] = MakePair(SOCK_STREAM);
  size_t total = 0;
  for (int n = Send(a, std::string(50000, 'x')); n > 0; n = Send(a, std::string(50000, 'x'))) total += n;
  EXPECT_EQ(-EAGAIN, Send(a, "x"));
  EXPECT_EQ(212992u, total);
  EXPECT_EQ(0u, Ready(a) & EPOLLOUT);
  size_t received = 0;
  for (Received r = Receive(b, 7777); r.error == 0; r = Receive(b, 7777)) received += r.text.size();
  EXPECT_EQ(total, received);
  EXPECT_NE(0u, Ready(a) & EPOLLOUT);
}

TEST_F(SocketTest, RecordsKeepTheirBorders) {
  for (int type : {SOCK_SEQPACKET, SOCK_DGRAM}) {
    auto [a, b] = MakePair(type);
    Send(a, "first");
    Send(a, "second");
    Received cut = Receive(b, 3);
    EXPECT_EQ("fir", cut.text);
    EXPECT_EQ(5u, cut.full_length);
    EXPECT_EQ(MSG_TRUNC, cut.flags);
    EXPECT_EQ("second", Receive(b).text);
  }
}

TEST_F(SocketTest, DescriptorsTravelWithTheirBytesAndStopAStreamRead) {
  auto [a, b] = MakePair(SOCK_STREAM);
  const SocketPtr passed = Make(AF_UNIX, SOCK_STREAM);
  Send(a, "before");
  Send(a, "with", {passed});
  Send(a, "after");
  Received before = Receive(b);
  EXPECT_EQ("before", before.text);
  EXPECT_TRUE(before.ancillary.files.empty());
  Received with = Receive(b);
  EXPECT_EQ("with", with.text);
  ASSERT_EQ(1u, with.ancillary.files.size());
  EXPECT_EQ(passed, with.ancillary.files[0]);
  EXPECT_EQ("after", Receive(b).text);
}

TEST_F(SocketTest, CredentialsOfTheSender) {
  auto [a, b] = MakePair(SOCK_DGRAM);
  Send(a, "x");
  const ucred sender = Receive(b).ancillary.sender;
  EXPECT_EQ(10, sender.pid);
  EXPECT_EQ(1000u, sender.uid);
}

TEST_F(SocketTest, ConnectByPathAndAbstractName) {
  for (const std::string& name : {std::string("/socket"), std::string("\0hidden", 7)}) {
    const SocketPtr listener = Make(AF_UNIX, SOCK_STREAM), caller = Make(AF_UNIX, SOCK_STREAM);
    EXPECT_EQ(name[0] == '/' ? ENOENT : ECONNREFUSED, Connect(caller, UnixAddress(name)));
    ASSERT_TRUE(listener->Bind(server(), UnixAddress(name)).ok());
    EXPECT_EQ(name[0] == '/' ? EACCES : ECONNREFUSED, Connect(caller, UnixAddress(name)));  // and nobody listens yet
    EXPECT_EQ(EADDRINUSE, Make(AF_UNIX, SOCK_STREAM)->Bind(server(), UnixAddress(name)).error());
    ASSERT_TRUE(listener->Listen(server(), 5).ok());
    EXPECT_EQ(name[0] == '/' ? EACCES : ECONNREFUSED, Connect(Make(AF_UNIX, SOCK_DGRAM), UnixAddress(name)));
    EXPECT_EQ(EAGAIN, listener->Accept(server(), 0).error());
    // (EACCES: the node belongs to root, and the client may not write there.)
    Socket* blocked_on = nullptr;
    ASSERT_EQ(0, caller->Connect(server(), UnixAddress(name), false, &blocked_on).error());
    EXPECT_EQ(EISCONN, caller->Connect(server(), UnixAddress(name), false, &blocked_on).error());
    Send(caller, "hello");  // before accept
    Result<SocketPtr> accepted = listener->Accept(server(), 0);
    ASSERT_TRUE(accepted.ok());
    EXPECT_EQ("hello", Receive(*accepted).text);
    ucred peer;
    memcpy(&peer, (*accepted)->GetOption(SOL_SOCKET, SO_PEERCRED)->data(), sizeof(peer));
    EXPECT_EQ(20, peer.pid);
    EXPECT_EQ(name, (*caller->PeerName()).bytes().substr(2, name.size()));
  }
}

TEST_F(SocketTest, AbstractNamesEndWithTheirSocket) {
  const SocketAddress name = UnixAddress(std::string("\0gone", 5));
  {
    const SocketPtr socket = Make(AF_UNIX, SOCK_DGRAM);
    ASSERT_TRUE(socket->Bind(server(), name).ok());
  }
  EXPECT_TRUE(Make(AF_UNIX, SOCK_DGRAM)->Bind(server(), name).ok());
}

TEST_F(SocketTest, Autobind) {
  const SocketPtr socket = Make(AF_UNIX, SOCK_DGRAM);
  ASSERT_TRUE(socket->Bind(server(), UnixAddress("")).ok());
  const SocketAddress name = *socket->LocalName();
  EXPECT_EQ(2u + 6u, name.length);
  EXPECT_EQ('\0', name.bytes()[2]);
  const SocketPtr sender = Make(AF_UNIX, SOCK_DGRAM);
  EXPECT_EQ(2, Send(sender, "hi", {}, name));
  EXPECT_EQ("hi", Receive(socket).text);
}

TEST_F(SocketTest, FullBacklogMakesConnectWait) {
  const SocketPtr listener = Make(AF_UNIX, SOCK_STREAM);
  const SocketAddress name = UnixAddress(std::string("\0full", 5));
  ASSERT_TRUE(listener->Bind(server(), name).ok() && listener->Listen(server(), 0).ok());
  const SocketPtr first = Make(AF_UNIX, SOCK_STREAM), second = Make(AF_UNIX, SOCK_STREAM);
  EXPECT_EQ(0, Connect(first, name));
  Socket* blocked_on = nullptr;
  EXPECT_EQ(EAGAIN, second->Connect(client(), name, false, &blocked_on).error());
  EXPECT_EQ(listener.get(), blocked_on);
  ASSERT_TRUE(listener->Accept(server(), 0).ok());
  EXPECT_EQ(0, Connect(second, name));
}

TEST_F(SocketTest, UnixPeerCloses) {
  auto [a, b] = MakePair(SOCK_STREAM);
  Send(a, "last");
  a.reset();
  EXPECT_EQ(uint32_t{EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLOUT}, Ready(b));
  EXPECT_EQ("last", Receive(b).text);
  Received end = Receive(b);
  EXPECT_EQ(0, end.error);
  EXPECT_EQ("", end.text);
  EXPECT_EQ(-EPIPE, Send(b, "x"));
}

TEST_F(SocketTest, UnreadBytesMakeAReset) {
  auto [a, b] = MakePair(SOCK_STREAM);
  Send(a, "never read");
  b.reset();
  EXPECT_EQ(ECONNRESET, Receive(a).error);
  EXPECT_EQ("", Receive(a).text);
}

TEST_F(SocketTest, DatagramSendersWaitForARoomyReceiver) {
  auto [a, b] = MakePair(SOCK_DGRAM);
  int sent = 0;
  while (Send(a, "x") > 0) ++sent;
  EXPECT_EQ(512, sent);
  EXPECT_EQ(0u, Ready(a) & EPOLLOUT);
  Receive(b);
  EXPECT_EQ(1, Send(a, "x"));
}

// -- TCP

TEST_F(SocketTest, TcpConnectsOverBothFamilies) {
  struct Case {
    SocketAddress bind;
    int family;
    SocketAddress connect;
    int connect_family;
    int error;
  } cases[] = {
      {V4(INADDR_LOOPBACK, 7000), AF_INET, V4(INADDR_LOOPBACK, 7000), AF_INET, 0},
      {V4(INADDR_ANY, 7000), AF_INET, V4(0x7f000203, 7000), AF_INET, 0},
      {V4(0x7f000002, 7000), AF_INET, V4(INADDR_LOOPBACK, 7000), AF_INET, ECONNREFUSED},
      {V6("::1", 7000), AF_INET6, V6("::1", 7000), AF_INET6, 0},
      {V6("::", 7000), AF_INET6, V4(INADDR_LOOPBACK, 7000), AF_INET, 0},
      {V6("::1", 7000), AF_INET6, V4(INADDR_LOOPBACK, 7000), AF_INET, ECONNREFUSED},
      {V4(INADDR_ANY, 7000), AF_INET, V6("::ffff:127.0.0.1", 7000), AF_INET6, 0},
      {V4(INADDR_ANY, 7000), AF_INET, V4(INADDR_ANY, 7000), AF_INET, 0},
      {V4(INADDR_ANY, 7000), AF_INET, V4(0x08080808, 7000), AF_INET, ENETUNREACH},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    SCOPED_TRACE(i);
    const SocketPtr listener = Make(cases[i].family, SOCK_STREAM), caller = Make(cases[i].connect_family, SOCK_STREAM);
    ASSERT_EQ(0, listener->Bind(server(), cases[i].bind).error());
    ASSERT_TRUE(listener->Listen(server(), 1).ok());
    EXPECT_EQ(cases[i].error, Connect(caller, cases[i].connect));
    if (cases[i].error != 0) continue;
    Result<SocketPtr> accepted = listener->Accept(server(), 0);
    ASSERT_TRUE(accepted.ok());
    EXPECT_EQ(4, Send(caller, "ping"));
    EXPECT_EQ("ping", Receive(*accepted).text);
    EXPECT_EQ(4, Send(*accepted, "pong"));
    EXPECT_EQ("pong", Receive(caller).text);
    EXPECT_EQ(PortOf(caller), ToEndpoint(*(*accepted)->PeerName(), cases[i].family)->port);
  }
}

TEST_F(SocketTest, PortsAreHeldAndGivenBack) {
  SocketPtr first = Make(AF_INET, SOCK_STREAM);
  ASSERT_TRUE(first->Bind(server(), V4(INADDR_ANY, 7001)).ok());
  EXPECT_EQ(EADDRINUSE, Make(AF_INET, SOCK_STREAM)->Bind(server(), V4(INADDR_LOOPBACK, 7001)).error());
  EXPECT_EQ(EADDRINUSE, Make(AF_INET6, SOCK_STREAM)->Bind(server(), V6("::", 7001)).error());
  EXPECT_TRUE(Make(AF_INET6, SOCK_STREAM)->Bind(server(), V6("::1", 7001)).ok());
  EXPECT_TRUE(Make(AF_INET, SOCK_DGRAM)->Bind(server(), V4(INADDR_ANY, 7001)).ok());
  first.reset();
  EXPECT_TRUE(Make(AF_INET, SOCK_STREAM)->Bind(server(), V4(INADDR_LOOPBACK, 7001)).ok());
  EXPECT_EQ(EACCES, Make(AF_INET, SOCK_STREAM)->Bind(client(), V4(INADDR_ANY, 80)).error());
  EXPECT_EQ(EADDRNOTAVAIL, Make(AF_INET, SOCK_STREAM)->Bind(server(), V4(0x0a000001, 0)).error());
}

TEST_F(SocketTest, ReusePortSpreads) {
  const int one = 1;
  const std::string yes(reinterpret_cast<const char*>(&one), sizeof(one));
  SocketPtr listeners[2];
  for (SocketPtr& listener : listeners) {
    listener = Make(AF_INET, SOCK_STREAM);
    ASSERT_TRUE(listener->SetOption(server(), SOL_SOCKET, SO_REUSEPORT, yes).ok());
    ASSERT_EQ(0, listener->Bind(server(), V4(INADDR_ANY, 7002)).error());
    ASSERT_TRUE(listener->Listen(server(), 100).ok());
  }
  std::vector<SocketPtr> callers;
  for (int i = 0; i < 20; ++i) {
    callers.push_back(Make(AF_INET, SOCK_STREAM));
    ASSERT_EQ(0, Connect(callers.back(), V4(INADDR_LOOPBACK, 7002)));
  }
  for (const SocketPtr& listener : listeners) EXPECT_TRUE(listener->Accept(server(), 0).ok());
}

TEST_F(SocketTest, TcpNonblockingConnect) {
  const SocketPtr listener = Make(AF_INET, SOCK_STREAM), caller = Make(AF_INET, SOCK_STREAM);
  ASSERT_TRUE(listener->Bind(server(), V4(INADDR_LOOPBACK, 0)).ok() && listener->Listen(server(), 1).ok());
  const uint16_t port = PortOf(listener);
  EXPECT_LE(32768, port);
  EXPECT_EQ(EINPROGRESS, Connect(caller, V4(INADDR_LOOPBACK, port), true));
  EXPECT_NE(0u, Ready(caller) & EPOLLOUT);
  EXPECT_EQ(0, *OptionNumber(*caller->GetOption(SOL_SOCKET, SO_ERROR)));
  EXPECT_EQ(0, Connect(caller, V4(INADDR_LOOPBACK, port), true));
  EXPECT_EQ(EISCONN, Connect(caller, V4(INADDR_LOOPBACK, port), true));
  const SocketPtr refused = Make(AF_INET, SOCK_STREAM);
  EXPECT_EQ(EINPROGRESS, Connect(refused, V4(INADDR_LOOPBACK, 7003), true));
  EXPECT_EQ(ECONNREFUSED, *OptionNumber(*refused->GetOption(SOL_SOCKET, SO_ERROR)));
}

TEST_F(SocketTest, TcpHalfClose) {
  const SocketPtr listener = Make(AF_INET, SOCK_STREAM), caller = Make(AF_INET, SOCK_STREAM);
  ASSERT_TRUE(listener->Bind(server(), V4(INADDR_LOOPBACK, 7004)).ok() && listener->Listen(server(), 1).ok());
  ASSERT_EQ(0, Connect(caller, V4(INADDR_LOOPBACK, 7004)));
  SocketPtr accepted = *listener->Accept(server(), 0);
  Send(caller, "request");
  ASSERT_TRUE(caller->Shutdown(SHUT_WR).ok());
  EXPECT_EQ(-EPIPE, Send(caller, "more"));
  EXPECT_EQ("request", Receive(accepted).text);
  EXPECT_EQ(uint32_t{EPOLLIN | EPOLLOUT | EPOLLRDHUP}, Ready(accepted));
  EXPECT_EQ("", Receive(accepted).text);
  EXPECT_EQ(6, Send(accepted, "answer"));
  EXPECT_EQ("answer", Receive(caller).text);
  accepted.reset();
  EXPECT_NE(0u, Ready(caller) & EPOLLHUP);
}

TEST_F(SocketTest, TcpWriteAfterPeerClosed) {
  const SocketPtr listener = Make(AF_INET, SOCK_STREAM), caller = Make(AF_INET, SOCK_STREAM);
  ASSERT_TRUE(listener->Bind(server(), V4(INADDR_LOOPBACK, 7005)).ok() && listener->Listen(server(), 1).ok());
  ASSERT_EQ(0, Connect(caller, V4(INADDR_LOOPBACK, 7005)));
  { SocketPtr accepted = *listener->Accept(server(), 0); }
  EXPECT_EQ(1, Send(caller, "x"));  // taken, and answered with a reset
  EXPECT_EQ(-EPIPE, Send(caller, "x"));
}

TEST_F(SocketTest, ClosedListenerResetsWhoWaits) {
  SocketPtr listener = Make(AF_INET, SOCK_STREAM);
  const SocketPtr caller = Make(AF_INET, SOCK_STREAM);
  ASSERT_TRUE(listener->Bind(server(), V4(INADDR_LOOPBACK, 7006)).ok() && listener->Listen(server(), 1).ok());
  ASSERT_EQ(0, Connect(caller, V4(INADDR_LOOPBACK, 7006)));
  listener.reset();
  EXPECT_EQ(ECONNRESET, Receive(caller).error);
}

// -- UDP

TEST_F(SocketTest, UdpDeliversAndFilters) {
  const SocketPtr a = Make(AF_INET, SOCK_DGRAM), b = Make(AF_INET, SOCK_DGRAM), c = Make(AF_INET, SOCK_DGRAM);
  ASSERT_TRUE(a->Bind(server(), V4(INADDR_LOOPBACK, 7007)).ok());
  EXPECT_EQ(-EDESTADDRREQ, Send(b, "x"));
  EXPECT_EQ(5, Send(b, "hello", {}, V4(INADDR_LOOPBACK, 7007)));
  Received received = Receive(a);
  EXPECT_EQ("hello", received.text);
  EXPECT_EQ(PortOf(b), ToEndpoint(received.from, AF_INET)->port);
  ASSERT_EQ(0, Connect(a, received.from));
  Send(c, "stranger", {}, V4(INADDR_LOOPBACK, 7007));
  EXPECT_EQ(EAGAIN, Receive(a).error);
  EXPECT_EQ(2, Send(a, "to"));
  EXPECT_EQ("to", Receive(b).text);
  EXPECT_EQ(-EMSGSIZE, Send(a, std::string(65508, 'x')));
}

// As getaddrinfo(3) does to learn source addresses.
TEST_F(SocketTest, UdpReconnectChoosesTheSourceAgain) {
  const SocketPtr socket = Make(AF_INET6, SOCK_DGRAM);
  ASSERT_EQ(0, Connect(socket, V6("::1", 53)));
  EXPECT_TRUE(ToEndpoint(*socket->LocalName(), AF_INET6)->SameAddress(Endpoint::V6Loopback(0)));
  ASSERT_EQ(0, Connect(socket, V6("::ffff:127.0.0.1", 53)));
  EXPECT_TRUE(ToEndpoint(*socket->LocalName(), AF_INET6)->SameAddress(Endpoint::V4(INADDR_LOOPBACK, 0)));
}

TEST_F(SocketTest, UdpToNobody) {
  const SocketPtr a = Make(AF_INET, SOCK_DGRAM);
  EXPECT_EQ(1, Send(a, "x", {}, V4(INADDR_LOOPBACK, 7008)));
  ASSERT_EQ(0, Connect(a, V4(INADDR_LOOPBACK, 7008)));
  EXPECT_EQ(1, Send(a, "x"));
  EXPECT_EQ(-ECONNREFUSED, Send(a, "x"));
}

// -- netlink

std::string LinkDumpRequest() {
  struct {
    nlmsghdr header;
    rtgenmsg body;
  } request{{.nlmsg_len = sizeof(request),
             .nlmsg_type = RTM_GETLINK,
             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
             .nlmsg_seq = 7},
            {.rtgen_family = AF_UNSPEC}};
  return std::string(reinterpret_cast<const char*>(&request), sizeof(request));
}

TEST_F(SocketTest, NetlinkDumpsTheLoopbackInterface) {
  const SocketPtr socket = Make(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  const std::string request = LinkDumpRequest();
  EXPECT_EQ(static_cast<int>(request.size()), Send(socket, request));
  const std::string link = Receive(socket, 8192).text;
  ASSERT_LE(sizeof(nlmsghdr) + sizeof(ifinfomsg), link.size());
  nlmsghdr header;
  memcpy(&header, link.data(), sizeof(header));
  EXPECT_EQ(RTM_NEWLINK, header.nlmsg_type);
  EXPECT_EQ(7u, header.nlmsg_seq);
  EXPECT_EQ(link.size(), header.nlmsg_len);
  EXPECT_NE(std::string::npos, link.find(std::string("lo\0", 3)));
  const std::string done = Receive(socket, 8192).text;
  memcpy(&header, done.data(), sizeof(header));
  EXPECT_EQ(NLMSG_DONE, header.nlmsg_type);
}

TEST_F(SocketTest, NetlinkRefusesChanges) {
  std::string request = LinkDumpRequest();
  const uint16_t type = RTM_NEWLINK;
  memcpy(request.data() + offsetof(nlmsghdr, nlmsg_type), &type, sizeof(type));
  const std::vector<std::string> answers = AnswerRouteRequest(request, 1);
  ASSERT_EQ(1u, answers.size());
  nlmsgerr error;
  memcpy(&error, answers[0].data() + sizeof(nlmsghdr), sizeof(error));
  EXPECT_EQ(-EPERM, error.error);
}

// -- options and families

TEST_F(SocketTest, Options) {
  const SocketPtr socket = Make(AF_INET6, SOCK_STREAM);
  auto get = [&](int level, int name) { return *OptionNumber(*socket->GetOption(level, name)); };
  auto set = [&](int level, int name, int value) {
    return socket->SetOption(server(), level, name, {reinterpret_cast<const char*>(&value), sizeof(value)}).error();
  };
  EXPECT_EQ(SOCK_STREAM, get(SOL_SOCKET, SO_TYPE));
  EXPECT_EQ(AF_INET6, get(SOL_SOCKET, SO_DOMAIN));
  EXPECT_EQ(0, set(SOL_SOCKET, SO_RCVBUF, 8192));
  EXPECT_EQ(16384, get(SOL_SOCKET, SO_RCVBUF));
  EXPECT_EQ(0, set(IPPROTO_IPV6, 26 /*IPV6_V6ONLY*/, 1));
  ASSERT_TRUE(socket->Bind(server(), V6("::", 7009)).ok());
  EXPECT_TRUE(Make(AF_INET, SOCK_STREAM)->Bind(server(), V4(INADDR_ANY, 7009)).ok());
  EXPECT_EQ(EINVAL, set(IPPROTO_IPV6, 26 /*IPV6_V6ONLY*/, 0));
  EXPECT_EQ(ENOPROTOOPT, set(SOL_SOCKET, SO_TYPE, 1));
  EXPECT_EQ(ENOPROTOOPT, socket->GetOption(12345, 1).error());
}

TEST_F(SocketTest, FamiliesThatThereAreNot) {
  auto error = [&](int domain, int type, int protocol) {
    return MakeSocket(client(), domain, type, protocol, 0).error();
  };
  EXPECT_EQ(EAFNOSUPPORT, error(AF_BLUETOOTH, SOCK_STREAM, 0));
  EXPECT_EQ(EPERM, error(AF_PACKET, SOCK_RAW, 0));
  EXPECT_EQ(EPERM, error(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  EXPECT_EQ(EPROTONOSUPPORT, error(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  EXPECT_EQ(EINVAL, error(AF_INET, 77, 0));
  EXPECT_EQ(EOPNOTSUPP, MakeSocketPair(client(), AF_INET, SOCK_STREAM, 0, 0).error());
}

}  // namespace
}  // namespace sandbox
