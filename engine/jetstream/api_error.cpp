#include "jetstream/api_error.hpp"

#include <stdexcept>
#include <string_view>

#include "ports/errors.hpp"

namespace sagad::jetstream {
namespace {

std::string_view remedy(jsErrCode code) {
  switch (code) {
    case JSNotEnabledErr:
    case JSNotEnabledForAccountErr:
      return ": start nats-server with -js, or enable JetStream for this account";
    case JSInsufficientResourcesErr:
    case JSStorageResourcesExceededErr:
    case JSAccountResourcesExceededErr:
    case JSStreamMaxStreamBytesExceededErr:
      return ": lower max_bytes of the streams, or give JetStream more storage (max_file_store)";
    case JSMaximumStreamsLimitErr:
    case JSMaximumConsumersLimitErr:
      return ": raise the account's limit of streams and consumers";
    case JSStreamSubjectOverlapErr:
      return ": another stream holds these subjects; delete it, or choose another namespace";
    case JSStreamReplicasNotSupportedErr:
      return ": set replicas to 1, or run NATS as a cluster";
    case JSConsumerWQConsumerNotUniqueErr:
    case JSConsumerWQMultipleUnfilteredErr:
      return ": another consumer takes the same messages of this stream; delete it";
    default:
      return "";
  }
}

}  // namespace

bool ApiStatus::not_found() const {
  return code == JSStreamNotFoundErr || code == JSConsumerNotFoundErr ||
         code == JSNoMessageFoundErr || (status == NATS_NOT_FOUND && code == 0);
}

bool ApiStatus::is_passing() const {
  // The client gives this a code of its own: JetStream is off, or the server is only starting.
  if (status == NATS_NO_RESPONDERS) return true;
  if (code != 0) {
    return code == JSClusterNotAvailErr || code == JSClusterNotLeaderErr ||
           code == JSClusterNoPeersErr || code == JSStreamOfflineErr ||
           code == JSConsumerOfflineErr;
  }
  return status == NATS_TIMEOUT || status == NATS_CONNECTION_CLOSED ||
         status == NATS_CONNECTION_DISCONNECTED || status == NATS_IO_ERROR;
}

ApiStatus api_status(natsStatus status, jsErrCode code) {
  ApiStatus result{status, code};
  if (status != NATS_OK) result.text = describe(status);
  return result;
}

void throw_api_error(const std::string& doing, const ApiStatus& failure) {
  std::string text = "cannot " + doing + ": " + failure.text;
  if (failure.is_passing()) {
    if (failure.status == NATS_NO_RESPONDERS) text += " (does the server run JetStream?)";
    throw ports::Unavailable(text);
  }
  text.append(remedy(failure.code));
  throw std::runtime_error(text);
}

}  // namespace sagad::jetstream
