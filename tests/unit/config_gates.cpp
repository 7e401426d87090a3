#include <catch2/catch_test_macros.hpp>

#include "config/gates.hpp"
#include "config_support.hpp"

namespace headway::config::testing {
namespace {

const Origin k_here{"here"};

std::string shown(const ClockMoment& moment) {
    std::string text;
    for (const int field :
         {moment.year, moment.month, moment.day, moment.weekday, moment.hour, moment.minute}) {
        text += (text.empty() ? "" : " ") + std::to_string(field);
    }
    return text;
}

FreezeWindow window(std::string from, std::string to, std::string zone = "UTC") {
    return checked_window({{std::move(from), {"from"}},
                           {std::move(to), {"to"}},
                           {std::move(zone), {"zone"}},
                           "why",
                           k_here});
}

std::string window_fault(const std::string& from, const std::string& to,
                         const std::string& zone = "UTC") {
    return failure([&] { static_cast<void>(window(from, to, zone)); });
}

TEST_CASE("config gates: the moments of a freeze") {
    struct {
        const char* from;
        const char* to;
        Recurrence recurrence;
        const char* fields;
        const char* fields_to;
    } const rows[] = {
        {"Fri 16:00", "Mon 08:00", Recurrence::weekly, "0 0 0 5 16 0", "0 0 0 1 8 0"},
        {"friday 16:00", "MONDAY 8:05", Recurrence::weekly, "0 0 0 5 16 0", "0 0 0 1 8 5"},
        {" sAT  0:00 ", "Sunday 24:00", Recurrence::weekly, "0 0 0 6 0 0", "0 0 0 7 24 0"},
        {"Tue 00:00", "Wed 00:00", Recurrence::weekly, "0 0 0 2 0 0", "0 0 0 3 0 0"},
        {"Thu 10:00", "Thu 09:59", Recurrence::weekly, "0 0 0 4 10 0", "0 0 0 4 9 59"},
        {"18:00", "08:00", Recurrence::daily, "0 0 0 0 18 0", "0 0 0 0 8 0"},
        {"00:00", "24:00", Recurrence::daily, "0 0 0 0 0 0", "0 0 0 0 24 0"},
        {"2026-12-24 18:00", "2027-01-02 06:30", Recurrence::once, "2026 12 24 0 18 0",
         "2027 1 2 0 6 30"},
        {"2026-12-24", "2026-12-25", Recurrence::once, "2026 12 24 0 0 0", "2026 12 25 0 0 0"},
        {"2028-02-29", "2028-02-29 24:00", Recurrence::once, "2028 2 29 0 0 0", "2028 2 29 0 24 0"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.from);
        const FreezeWindow read = window(row.from, row.to);
        CHECK(read.recurrence == row.recurrence);
        CHECK(shown(read.from) == row.fields);
        CHECK(shown(read.to) == row.fields_to);
        CHECK(read.zone == "UTC");
        CHECK(read.reason == "why");
        CHECK(read.origin.text == "here");
    }
    CHECK(window("18:00", "08:00", " Europe/Berlin ").zone == "Europe/Berlin");
}

constexpr auto k_no_moment =
    " is not a moment of a freeze\n"
    "  because: a moment is a weekday and a time, a time of every day, or a date with or without "
    "a time\n"
    "  try: ";
constexpr auto k_forms = "\"Fri 16:00\", \"18:00\", \"2026-12-24 18:00\" or \"2026-12-24\"";

TEST_CASE("config gates: what is not a moment") {
    for (const std::string text : {"",           "Fri",        "16",
                                   "16:0",       "16:60",      "25:00",
                                   "24:01",      "-1:00",      "016:00",
                                   "4pm",        "16:00:00",   "Fri 25:00",
                                   "Fri 16",     "16:00 Fri",  "Fri at 16:00",
                                   "2026-13-01", "2026-02-29", "2026-00-10",
                                   "2026-12-32", "26-12-24",   "2026-12-24T18:00",
                                   "24.12.2026", "0000-01-01", "2026-12-24 18:00 x",
                                   "2026-1-02",  "+026-12-24", "1:2:3 4",
                                   ":",          "1:",         ":30",
                                   "é 16:00"}) {
        CAPTURE(text);
        CHECK(window_fault(text, "08:00") == "from: \"" + text + "\"" + k_no_moment + k_forms);
    }
    CHECK(window_fault("08:00", "x") == "to: \"x\"" + std::string(k_no_moment) + k_forms);
    CHECK(window_fault("Fry 16:00", "Mon 08:00") ==
          "from: \"Fry 16:00\"" + std::string(k_no_moment) + "did you mean \"Fri\"?");
    CHECK(window_fault("wendesday 16:00", "Mon 08:00") ==
          "from: \"wendesday 16:00\"" + std::string(k_no_moment) + "did you mean \"Wednesday\"?");
    CHECK(window_fault("glpat-0123456789 1:00", "8:00") ==
          "from: \"***\"" + std::string(k_no_moment) + k_forms);
}

TEST_CASE("config gates: ends that do not go together") {
    constexpr auto k_equal =
        "to: the freeze ends where it begins\n"
        "  because: that could mean always as well as never\n"
        "  try: write another end; a whole day is \"00:00\" to \"24:00\"";
    for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
             {"18:00", "18:00"},
             {"Fri 16:00", "friday 16:00"},
             {"2026-12-24", "2026-12-24 00:00"},
             {"2026-12-25", "2026-12-24 24:00"}}) {
        CAPTURE(from);
        CHECK(window_fault(from, to) == k_equal);
    }
    CHECK(window_fault("2026-12-24", "2026-12-23") ==
          "to: the freeze ends before it begins\n"
          "  because: it begins at \"2026-12-24\"\n"
          "  try: exchange the two, or look at the year");
    CHECK(window_fault("Fri 24:00", "Mon 08:00") ==
          "from: no freeze begins at \"Fri 24:00\"\n"
          "  because: 24:00 is the end of a day\n"
          "  try: write 00:00, and the next day where there is one");
    CHECK(window_fault("Fri 16:00", "08:00") ==
          "to: \"Fri 16:00\" and \"08:00\" do not go together\n"
          "  because: the first one comes every week, the second one every day\n"
          "  try: write both in one way: " +
              std::string(k_forms));
    CHECK(window_fault("2026-12-24", "Fri 16:00") ==
          "to: \"2026-12-24\" and \"Fri 16:00\" do not go together\n"
          "  because: the first one comes once, the second one every week\n"
          "  try: write both in one way: " +
              std::string(k_forms));
}

TEST_CASE("config gates: time zones") {
    CHECK(window_fault("18:00", "08:00", "Europe/Berln") ==
          "zone: unknown time zone \"Europe/Berln\"\n"
          "  because: time zones have the names that IANA gives them\n"
          "  try: did you mean \"Europe/Berlin\"?");
    for (const std::string zone : {"", "somewhere in the mountains"}) {
        CHECK(window_fault("18:00", "08:00", zone) ==
              "zone: unknown time zone \"" + zone +
                  "\"\n"
                  "  because: time zones have the names that IANA gives them\n"
                  "  try: Europe/Berlin, America/New_York or UTC");
    }
}

TEST_CASE("config gates: a freeze in one line") {
    struct {
        const char* text;
        const char* shown;
    } const rows[] = {
        {"Fri 16:00 to Mon 08:00 Europe/Berlin", "Fri 16:00 to Mon 08:00 Europe/Berlin"},
        {"  friday 16:00  TO\tmonday 8:00 ", "Fri 16:00 to Mon 08:00 UTC"},
        {"18:00 to 08:00", "daily 18:00 to 08:00 UTC"},
        {"daily 18:00 to 08:00 Europe/Berlin", "daily 18:00 to 08:00 Europe/Berlin"},
        {"2026-12-24 to 2027-01-02 UTC", "2026-12-24 00:00 to 2027-01-02 00:00 UTC"},
        {"2026-12-24 18:00 to 2026-12-26 24:00", "2026-12-24 18:00 to 2026-12-26 24:00 UTC"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(headway::text_of(checked_freeze(row.text, k_here)) == row.shown);
        // What is shown can be typed.
        CHECK(headway::text_of(checked_freeze(row.shown, k_here)) == row.shown);
    }
    const auto fault = [](std::string_view text) {
        return failure([&] { static_cast<void>(checked_freeze(text, k_here)); });
    };
    for (const std::string text : {"", "to", "daily to 08:00", "18:00", "18:00 to", "to 08:00",
                                   "Fri 16:00 until Mon 08:00", "Fri 16:00 - Mon 08:00"}) {
        CHECK(fault(text) ==
              "here: \"" + text +
                  "\" is not a freeze\n"
                  "  because: a freeze is two moments with \"to\" between them, and a time zone\n"
                  "  try: Fri 16:00 to Mon 08:00 Europe/Berlin");
    }
    CHECK(fault("18:00 to 08:00 to 9:00") ==
          "here: \"08:00 to 9:00\"" + std::string(k_no_moment) + k_forms);
    CHECK(fault("18:00 to UTC") == "here: \"UTC\"" + std::string(k_no_moment) + k_forms);
    CHECK(fault("18:00 to 08:00 Mars/Olympus_Mons") ==
          "here: unknown time zone \"Mars/Olympus_Mons\"\n"
          "  because: time zones have the names that IANA gives them\n"
          "  try: Europe/Berlin, America/New_York or UTC");
}

TEST_CASE("config gates: words") {
    CHECK(checked_on_unhealthy("fail", k_here) == OnUnhealthy::fail);
    CHECK(checked_on_unhealthy("hold", k_here) == OnUnhealthy::hold);
    CHECK(checked_on_unhealthy("rollback", k_here) == OnUnhealthy::rollback);
    CHECK(checked_on_retry("refuse", k_here) == OnRetry::refuse);
    CHECK(checked_on_retry("rollback", k_here) == OnRetry::rollback);
    CHECK(word_of(OnUnhealthy::hold) == "hold");
    CHECK(word_of(OnRetry::refuse) == "refuse");
    CHECK(failure([] { static_cast<void>(checked_on_unhealthy("rolback", k_here)); }) ==
          "here: \"rolback\" is not one of fail, hold, rollback\n"
          "  try: did you mean \"rollback\"?");
    CHECK(failure([] { static_cast<void>(checked_on_retry("hold", k_here)); }) ==
          "here: \"hold\" is not one of refuse, rollback");
}

std::string environment_fault(const std::string& keys) {
    return parse_failure("environments: {s: {branch: b, " + keys + "}}");
}

TEST_CASE("config gates: the file's freezes") {
    const auto freeze = [](const std::string& value) {
        return parse_file("environments: {s: {branch: b, freeze: " + value + "}}", "f")
            .environments.at(0)
            .freeze->value;
    };
    // Plain scalars with a colon inside are text, in a flow map as well.
    const auto one = freeze("{from: 18:00, to: 08:00, timezone: Europe/Berlin, reason: night}");
    REQUIRE(one.size() == 1);
    CHECK(headway::text_of(one[0]) == "daily 18:00 to 08:00 Europe/Berlin (night)");
    CHECK(one[0].origin.text == "f:1:39");
    const auto two =
        freeze("[{from: Sat 00:00, to: Sun 24:00}, {from: 2026-12-24, to: 2027-01-02}]");
    REQUIRE(two.size() == 2);
    CHECK(headway::text_of(two[0]) == "Sat 00:00 to Sun 24:00 UTC");
    CHECK(headway::text_of(two[1]) == "2026-12-24 00:00 to 2027-01-02 00:00 UTC");
    CHECK(two[1].origin.text == "f:1:74");

    std::string many = "freeze: [";
    for (std::size_t index = 0; index < k_max_windows; ++index) {
        many += "{from: 1:00, to: 2:00}, ";
    }
    CHECK(environment_fault(many + "]") == "no failure");
    CHECK(environment_fault(many + "{from: 1:00, to: 2:00}]") ==
          "f.yml:1:39: too many freezes\n  because: an environment has at most 50");
    CHECK(environment_fault("freeze: Fri 16:00") ==
          "f.yml:1:39: a freeze is a map\n"
          "  try: - {from: \"Fri 16:00\", to: \"Mon 08:00\", timezone: Europe/Berlin}");
    CHECK(environment_fault("freeze: []") ==
          "f.yml:1:39: \"freeze\" has no value\n  try: write a value, or remove the key");
    CHECK(environment_fault("freeze: ") ==
          "f.yml:1:31: \"freeze\" has no value\n  try: write a value, or remove the key");
    CHECK(environment_fault("freeze: {to: 08:00}") ==
          "f.yml:1:39: the freeze has no \"from\"\n  try: from: \"Fri 16:00\"");
    CHECK(environment_fault("freeze: {from: 08:00}") ==
          "f.yml:1:39: the freeze has no \"to\"\n  try: to: \"Mon 08:00\"");
    CHECK(environment_fault("freeze: {from: 18:00, to: 08:00, zone: UTC}") ==
          "f.yml:1:64: unknown key \"zone\"\n"
          "  because: known keys here: from, reason, timezone, to");
    CHECK(environment_fault("freeze: {from: 18:00, to: 8h}") ==
          "f.yml:1:57: \"8h\"" + std::string(k_no_moment) + k_forms);
    CHECK(environment_fault("freeze: {from: 18:00, to: 08:00, reason: " + std::string(201, 'x') +
                            "}") ==
          "f.yml:1:72: the freeze's reason is too long\n"
          "  because: a reason has at most 200 bytes");
}

TEST_CASE("config gates: soak in the file") {
    const auto soak = [](const std::string& text) { return environment_fault("soak: " + text); };
    CHECK(soak("2160h") == "no failure");
    for (const std::string text : {"2161h", "0s", "999ms"}) {
        CHECK(soak(text) == "f.yml:1:37: \"" + text +
                                "\" is out of range\n  because: from 1s to 2160h is possible here");
    }
    CHECK(soak("30") ==
          "f.yml:1:37: \"30\" is not a duration\n"
          "  because: a duration is made of whole numbers with the units h, m, s and ms\n"
          "  try: 30s for seconds, 30m for minutes");
}

TEST_CASE("config gates: the order of environments") {
    const auto fault = [](const std::string& a, const std::string& b, const std::string& c) {
        return parse_failure("environments:\n  a: {branch: a, after: " + a +
                             "}\n  staging: {branch: b" + b + "}\n  c: {branch: c" + c + "}\n");
    };
    CHECK(fault("[staging, c]", ", after: c", "") == "no failure");
    CHECK(fault("[staging, staging, c]", "", ", after: [staging]") == "no failure");
    CHECK(fault("stagin", "", "") ==
          "f.yml:2:25: unknown environment \"stagin\"\n"
          "  because: \"a\" can come after: staging, c\n"
          "  try: did you mean \"staging\"?");
    CHECK(fault("[c, xyz]", "", "") ==
          "f.yml:2:29: unknown environment \"xyz\"\n  because: \"a\" can come after: staging, c");
    CHECK(fault("a", "", "") == "f.yml:2:25: environment \"a\" cannot come after itself");
    CHECK(fault("staging", ", after: [c, a]", "") ==
          "f.yml:3:35: the environments wait for each other in a circle\n"
          "  because: each of these comes after the next, and the last one after the first: a, "
          "staging\n"
          "  try: remove one \"after\" of them");
    CHECK(fault("staging", ", after: c", ", after: staging") ==
          "f.yml:4:25: the environments wait for each other in a circle\n"
          "  because: each of these comes after the next, and the last one after the first: "
          "staging, c\n"
          "  try: remove one \"after\" of them");
    CHECK(fault("{b: c}", "", "") == "f.yml:2:25: \"after\" takes text, and here is a map");
    CHECK(fault("[]", "", "") ==
          "f.yml:2:25: \"after\" has no value\n  try: write a value, or remove the key");
    CHECK(environment_fault("after: x") ==
          "f.yml:1:38: unknown environment \"x\"\n"
          "  because: there is no other environment in the file");

    std::string chain = "environments:\n";
    for (int index = 0; index < 5'000; ++index) {
        chain += " e" + std::to_string(index) + ": {branch: b" + std::to_string(index) +
                 ", after: e" + std::to_string(index + 1) + "}\n";
    }
    CHECK(parse_failure(chain + " e5000: {branch: b}\n") == "no failure");
    CHECK(parse_failure(chain + " e5000: {branch: b, after: e0}\n") ==
          "f.yml:5002:28: the environments wait for each other in a circle\n"
          "  because: each of these comes after the next, and the last one after the first: e0, "
          "e1, e2, e3, e4, e5, e6, e7, e8, e9 and 4991 more\n"
          "  try: remove one \"after\" of them");
}

constexpr auto k_file = R"(environments:
  staging:
    branch: s
  production:
    branch: p
    after: staging
    soak: 30m
    freeze: {from: Fri 16:00, to: Mon 08:00}
    on_unhealthy: rollback
    on_retry: rollback
)";

struct Input {
    std::string file = k_file;  ///< Empty: none.
    Flags flags{};
    std::map<std::string, std::string, std::less<>> variables{};
};

Configuration resolved(const Input& input) {
    std::optional<FileConfiguration> file;
    if (!input.file.empty()) {
        file = parse_file(input.file, "f.yml");
    }
    return resolve(file ? &*file : nullptr, input.flags, variables(input.variables), {});
}

/// The lines of the dry run that are about gates.
std::string gate_lines(const Input& input) {
    const std::string text = describe(resolved(input), input.flags.environments.at(0));
    const auto url = text.find("\nurl = ");
    const auto start = text.find('\n', url + 1) + 1;
    return text.substr(start, text.find("verify = ") - start);
}

std::string resolve_failure(const Input& input) {
    return failure([&] { static_cast<void>(resolved(input)); });
}

TEST_CASE("config gates: file, variables and flags") {
    Input input;
    input.flags.environments = {"production"};
    CHECK(gate_lines(input) ==
          "after = staging  (f.yml:6:12)\n"
          "soak = 30m  (f.yml:7:11)\n"
          "freeze = Fri 16:00 to Mon 08:00 UTC  (f.yml:8:13)\n"
          "on_unhealthy = rollback  (f.yml:9:19)\n"
          "on_retry = rollback  (f.yml:10:15)\n");
    CHECK(resolved(input).environments.at(1).gates.freeze_origin.text == "f.yml:8:13");
    CHECK(resolved(input).environments.at(0).gates.after.value.empty());

    input.file += "  canary: {branch: c}\n";
    input.variables = {
        {"HEADWAY_AFTER", " canary, staging canary\n"},
        {"HEADWAY_SOAK", "1h"},
        {"HEADWAY_FREEZE", "18:00 to 08:00\n\nSat 0:00 to Sun 24:00 Europe/Berlin\n"},
        {"HEADWAY_ON_UNHEALTHY", "hold"},
        {"HEADWAY_ON_RETRY", "refuse"}};
    CHECK(gate_lines(input) ==
          "after = canary, staging  (HEADWAY_AFTER)\n"
          "soak = 1h  (HEADWAY_SOAK)\n"
          "freeze = daily 18:00 to 08:00 UTC  (HEADWAY_FREEZE)\n"
          "freeze = Sat 00:00 to Sun 24:00 Europe/Berlin  (HEADWAY_FREEZE)\n"
          "on_unhealthy = hold  (HEADWAY_ON_UNHEALTHY)\n"
          "on_retry = refuse  (HEADWAY_ON_RETRY)\n");

    input.flags.after = {"canary"};
    input.flags.soak = "2h";
    input.flags.freeze = {"2026-12-24 to 2027-01-02", "1:00 to 2:00"};
    input.flags.on_unhealthy = "fail";
    input.flags.on_retry = "rollback";
    CHECK(gate_lines(input) ==
          "after = canary  (--after)\n"
          "soak = 2h  (--soak)\n"
          "freeze = 2026-12-24 00:00 to 2027-01-02 00:00 UTC  (--freeze)\n"
          "freeze = daily 01:00 to 02:00 UTC  (--freeze)\n"
          "on_unhealthy = fail  (--on-unhealthy)\n"
          "on_retry = rollback  (--on-retry)\n");

    Input plain;
    plain.flags.environments = {"staging"};
    CHECK(gate_lines(plain).empty());
}

TEST_CASE("config gates: flags that a file contradicts") {
    Input input;
    input.flags.environments = {"staging"};
    input.flags.after = {"production"};
    CHECK(resolve_failure(input) ==
          "f.yml:6:12: the environments wait for each other in a circle\n"
          "  because: each of these comes after the next, and the last one after the first: "
          "staging, production\n"
          "  try: remove one \"after\" of them");
    input.flags.after = {"staging"};
    CHECK(resolve_failure(input) == "--after: environment \"staging\" cannot come after itself");
    input.flags.after = {"prodution"};
    CHECK(resolve_failure(input) ==
          "--after: unknown environment \"prodution\"\n"
          "  because: \"staging\" can come after: production\n"
          "  try: did you mean \"production\"?");
    input.flags.after = {" "};
    CHECK(resolve_failure(input) ==
          "--after: the flag has no value\n  try: give it a value, or leave it out");
    input.flags.after.clear();
    input.flags.soak = "1h";
    CHECK(resolve_failure(input) ==
          "--soak: nothing says where the commit has to soak\n"
          "  because: environment \"staging\" comes after no other one\n"
          "  try: after: NAME in the file, or --after NAME");
    input.flags.soak.reset();
    input.file = "environments:\n  s:\n    branch: b\n    soak: 1h\n";
    input.flags.environments = {"s"};
    CHECK(resolve_failure(input) ==
          "f.yml:4:11: nothing says where the commit has to soak\n"
          "  because: environment \"s\" comes after no other one\n"
          "  try: after: NAME in the file, or --after NAME");

    input.file = k_file;
    const std::string none =
        ": this describes one environment\n"
        "  because: 2 are named\n"
        "  try: name one environment, or write the setting into .headway.yml";
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"HEADWAY_AFTER", "staging"},
                                            {"HEADWAY_SOAK", "1h"},
                                            {"HEADWAY_FREEZE", "1:00 to 2:00"},
                                            {"HEADWAY_ON_UNHEALTHY", "hold"},
                                            {"HEADWAY_ON_RETRY", "refuse"}}) {
        input.flags.environments = {"*"};
        input.variables = {{name, value}};
        CHECK(resolve_failure(input) == name + none);
    }
    input.variables = {{"HEADWAY_AFTER", "$FIRST"}};
    CHECK(resolve_failure(input) ==
          "HEADWAY_AFTER: \"$FIRST\" was never expanded\n"
          "  because: GitLab leaves \"$NAME\" as it is when NAME is not set in this job\n"
          "  try: set that variable, or unset HEADWAY_AFTER");
    input.variables.clear();
    input.flags.freeze.assign(k_max_windows + 1, "1:00 to 2:00");
    CHECK(resolve_failure(input) ==
          "--freeze: too many freezes\n  because: an environment has at most 50");
}

TEST_CASE("config gates: without a file") {
    Input input{""};
    input.flags.environments = {"production"};
    input.flags.branch = "p";
    input.flags.after = {"staging", "canary"};
    input.flags.soak = "1h";
    CHECK(gate_lines(input) == "after = staging, canary  (--after)\nsoak = 1h  (--soak)\n");
    input.flags.after = {"a/b"};
    CHECK(resolve_failure(input) ==
          "--after: \"a/b\" is not an environment name\n"
          "  because: a name begins with a letter or digit, goes on with letters, digits, '_', '.' "
          "and '-', and has at most 100 bytes");
    input.flags.after = {"production"};
    CHECK(resolve_failure(input) == "--after: environment \"production\" cannot come after itself");
}

}  // namespace
}  // namespace headway::config::testing
