#include "jetstream/native.hpp"

#include <stdexcept>
#include <string_view>

namespace sagad::jetstream {

std::string describe(natsStatus status) {
  std::string text = natsStatus_GetText(status);
  natsStatus last = NATS_OK;
  const char* said = nats_GetLastError(&last);
  if (last != status || said == nullptr) return text;
  std::string_view detail = said;
  // The client begins with its own place in the source: `(jsm.c:2867): stream not found`.
  if (const std::size_t end = detail.find("): ");
      detail.substr(0, 1) == "(" && end != std::string_view::npos) {
    detail.remove_prefix(end + 3);
  }
  if (detail.empty() || detail == text) return text;
  if (status == NATS_ERR) return std::string(detail);
  return text.append(" (").append(detail).append(")");
}

std::string new_inbox() {
  natsInbox* created = nullptr;
  if (const natsStatus status = natsInbox_Create(&created); status != NATS_OK) {
    throw std::runtime_error("nats: no inbox: " + describe(status));
  }
  const std::unique_ptr<natsInbox, Destroyer<natsInbox_Destroy>> inbox(created);
  return inbox.get();
}

}  // namespace sagad::jetstream
