// What a NETLINK_ROUTE request is answered with.
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <cstring>

#include "sandbox/socket/interface_ioctls.h"
#include "sandbox/socket/netlink_socket.h"

namespace sandbox {
namespace {

// One netlink message that grows: header, fixed part, attributes, each aligned to 4 bytes.
class MessageBuilder {
 public:
  template <typename T>
  MessageBuilder(uint16_t type, uint16_t flags, uint32_t sequence, uint32_t port, const T& body) {
    nlmsghdr header{.nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = sequence, .nlmsg_pid = port};
    Append(&header, sizeof(header));
    Append(&body, sizeof(body));
  }
  MessageBuilder& Attribute(uint16_t type, const void* value, size_t length) {
    rtattr attribute{.rta_len = static_cast<uint16_t>(sizeof(rtattr) + length), .rta_type = type};
    Append(&attribute, sizeof(attribute));
    Append(value, length);
    return *this;
  }
  template <typename T>
  MessageBuilder& Attribute(uint16_t type, const T& value) {
    return Attribute(type, &value, sizeof(value));
  }
  std::string Build() {
    const auto length = static_cast<uint32_t>(bytes_.size());
    memcpy(bytes_.data(), &length, sizeof(length));  // nlmsg_len comes first
    return bytes_;
  }

 private:
  void Append(const void* data, size_t length) {
    bytes_.append(static_cast<const char*>(data), length);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()), '\0');
  }
  std::string bytes_;
};

// Who asked, for the headers of the answers.
struct Request {
  nlmsghdr header;
  std::string_view body;
  uint32_t port;
  uint16_t reply_flags() const { return (header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP ? NLM_F_MULTI : 0; }
};

std::string ErrorAnswer(const Request& request, int error) {
  return MessageBuilder(NLMSG_ERROR, 0, request.header.nlmsg_seq, request.port,
                        nlmsgerr{.error = -error, .msg = request.header})
      .Build();
}

std::string Link(const Request& request) {
  const uint8_t no_address[6] = {};
  const uint32_t mtu = kLoopbackMtu, queue_length = 1000;
  const uint8_t up = 0;  // IF_OPER_UNKNOWN, as lo shows
  return MessageBuilder(RTM_NEWLINK, request.reply_flags(), request.header.nlmsg_seq, request.port,
                        ifinfomsg{.ifi_family = AF_UNSPEC,
                                  .ifi_type = ARPHRD_LOOPBACK,
                                  .ifi_index = kLoopbackIndex,
                                  .ifi_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP,
                                  .ifi_change = 0})
      .Attribute(IFLA_IFNAME, kLoopbackName, sizeof(kLoopbackName))
      .Attribute(IFLA_TXQLEN, queue_length)
      .Attribute(IFLA_OPERSTATE, up)
      .Attribute(IFLA_MTU, mtu)
      .Attribute(IFLA_QDISC, "noqueue", 8)
      .Attribute(IFLA_ADDRESS, no_address)
      .Attribute(IFLA_BROADCAST, no_address)
      .Build();
}

std::string Address(const Request& request, uint8_t family) {
  const ifaddrmsg body{.ifa_family = family,
                       .ifa_prefixlen = static_cast<uint8_t>(family == AF_INET ? 8 : 128),
                       .ifa_flags = IFA_F_PERMANENT,
                       .ifa_scope = RT_SCOPE_HOST,
                       .ifa_index = kLoopbackIndex};
  MessageBuilder message(RTM_NEWADDR, request.reply_flags(), request.header.nlmsg_seq, request.port, body);
  if (family == AF_INET) {
    const uint32_t address = htonl(0x7f000001);
    message.Attribute(IFA_ADDRESS, address)
        .Attribute(IFA_LOCAL, address)
        .Attribute(IFA_LABEL, kLoopbackName, sizeof(kLoopbackName));
  } else {
    const uint8_t address[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    message.Attribute(IFA_ADDRESS, address);
  }
  return message.Build();
}

// 127.0.0.0/8 and ::1/128, in the table "local".
std::string Route(const Request& request, uint8_t family) {
  const rtmsg body{.rtm_family = family,
                   .rtm_dst_len = static_cast<uint8_t>(family == AF_INET ? 8 : 128),
                   .rtm_table = RT_TABLE_LOCAL,
                   .rtm_protocol = RTPROT_KERNEL,
                   .rtm_scope = RT_SCOPE_HOST,
                   .rtm_type = RTN_LOCAL};
  MessageBuilder message(RTM_NEWROUTE, request.reply_flags(), request.header.nlmsg_seq, request.port, body);
  const uint32_t v4 = htonl(0x7f000000);
  const uint8_t v6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (family == AF_INET)
    message.Attribute(RTA_DST, v4);
  else
    message.Attribute(RTA_DST, v6);
  const uint32_t table = RT_TABLE_LOCAL, index = kLoopbackIndex;
  return message.Attribute(RTA_TABLE, table).Attribute(RTA_OIF, index).Build();
}

bool AsksForFamily(const Request& request, uint8_t family) {
  const uint8_t asked = request.body.empty() ? AF_UNSPEC : static_cast<uint8_t>(request.body[0]);
  return asked == AF_UNSPEC || asked == AF_PACKET || asked == family;
}

// A single interface, by index or by name.
bool AsksForLoopback(const Request& request) {
  ifinfomsg body;
  if (request.body.size() < sizeof(body)) return false;
  memcpy(&body, request.body.data(), sizeof(body));
  if (body.ifi_index != 0) return body.ifi_index == kLoopbackIndex;
  std::string_view rest = request.body.substr(NLMSG_ALIGN(sizeof(body)));
  rtattr attribute;
  while (rest.size() >= sizeof(attribute)) {
    memcpy(&attribute, rest.data(), sizeof(attribute));
    if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > rest.size()) return false;
    const std::string_view value = rest.substr(sizeof(attribute), attribute.rta_len - sizeof(attribute));
    if (attribute.rta_type == IFLA_IFNAME) return value.substr(0, value.find('\0')) == kLoopbackName;
    rest.remove_prefix(std::min<size_t>(rest.size(), RTA_ALIGN(attribute.rta_len)));
  }
  return false;
}

std::vector<std::string> Dump(const Request& request) {
  std::string objects;
  switch (request.header.nlmsg_type) {
    case RTM_GETLINK:
      objects = Link(request);
      break;
    case RTM_GETADDR:
      for (uint8_t family : {AF_INET, AF_INET6}) {
        if (AsksForFamily(request, family)) objects += Address(request, family);
      }
      break;
    case RTM_GETROUTE:
      for (uint8_t family : {AF_INET, AF_INET6}) {
        if (AsksForFamily(request, family)) objects += Route(request, family);
      }
      break;
    default:  // neighbours, rules, queueing disciplines: none
      break;
  }
  const std::string done =
      MessageBuilder(NLMSG_DONE, NLM_F_MULTI, request.header.nlmsg_seq, request.port, int{0}).Build();
  if (objects.empty()) return {done};
  return {objects, done};
}

std::vector<std::string> Answer(const Request& request) {
  const uint16_t type = request.header.nlmsg_type;
  if (type < RTM_BASE || type > RTM_MAX) return {ErrorAnswer(request, EOPNOTSUPP)};
  const bool is_get = (type - RTM_BASE) % 4 == 2;  // NEW, DEL, GET, SET
  if (!is_get) return {ErrorAnswer(request, EPERM)};
  if ((request.header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) return Dump(request);
  if (type == RTM_GETLINK) return {AsksForLoopback(request) ? Link(request) : ErrorAnswer(request, ENODEV)};
  if (type == RTM_GETROUTE) return {Route(request, AsksForFamily(request, AF_INET) ? AF_INET : AF_INET6)};
  return {ErrorAnswer(request, EOPNOTSUPP)};
}

}  // namespace

std::vector<std::string> AnswerRouteRequest(std::string_view bytes, uint32_t port) {
  std::vector<std::string> answers;
  nlmsghdr header;
  while (bytes.size() >= sizeof(header)) {
    memcpy(&header, bytes.data(), sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > bytes.size()) break;
    const Request request{header, bytes.substr(sizeof(header), header.nlmsg_len - sizeof(header)), port};
    if ((header.nlmsg_flags & NLM_F_REQUEST) != 0 && header.nlmsg_type >= NLMSG_MIN_TYPE) {
      for (std::string& answer : Answer(request)) answers.push_back(std::move(answer));
    }
    bytes.remove_prefix(std::min<size_t>(bytes.size(), NLMSG_ALIGN(header.nlmsg_len)));
  }
  return answers;
}

}  // namespace sandbox
