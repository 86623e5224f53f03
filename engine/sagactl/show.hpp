#pragma once

#include <boost/json.hpp>
#include <ostream>

#include "base/time.hpp"

namespace sagad::ctl {

/// Documents of the API as text for people. Members that are missing are shown as `-`.
void show_saga(std::ostream& out, const boost::json::object& saga, base::Time now);
void show_sagas(std::ostream& out, const boost::json::object& page, base::Time now);
void show_history(std::ostream& out, const boost::json::object& history, base::Time now);
void show_definitions(std::ostream& out, const boost::json::object& list, base::Time now);
void show_definition(std::ostream& out, const boost::json::object& definition, base::Time now);
void show_dead_letters(std::ostream& out, const boost::json::object& page, base::Time now);
void show_dead_letter(std::ostream& out, const boost::json::object& letter, base::Time now);
/// What redrive and discard, of one or of many, have done.
void show_handled(std::ostream& out, const boost::json::object& answer);
/// A problem+json, as one line and its list of errors.
void show_problem(std::ostream& err, const boost::json::object& problem);

}  // namespace sagad::ctl
