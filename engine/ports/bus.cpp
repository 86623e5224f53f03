#include "ports/bus.hpp"

#include <string>
#include <string_view>

namespace sagad::ports {

std::string command_subject(std::string_view participant, std::string_view lane,
                            std::string_view definition) {
  std::string subject = "cmd.";
  subject.reserve(subject.size() + participant.size() + lane.size() + definition.size() + 2);
  subject.append(participant).append(1, '.').append(lane).append(1, '.').append(definition);
  return subject;
}

std::string result_subject(int shard, std::string_view participant, std::string_view definition) {
  std::string subject = "res." + std::to_string(shard) + '.';
  subject.reserve(subject.size() + participant.size() + definition.size() + 1);
  subject.append(participant).append(1, '.').append(definition);
  return subject;
}

std::string start_subject(std::string_view definition) {
  return std::string("start.").append(definition);
}

}  // namespace sagad::ports
