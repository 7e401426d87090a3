#pragma once

#include <string>
#include <utility>
#include <vector>

#include "headway/notifier.hpp"

/// The deployments that the payload tests tell of; each has its golden file data/slack/NAME.json.
namespace headway::notify::test {

inline std::string repeated(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t index = 0; index < count; ++index) {
        result += text;
    }
    return result;
}

inline DeploymentMessage verified_message() {
    DeploymentMessage message;
    message.event = DeploymentEvent::verified;
    message.environment = "staging";
    message.environment_url = "https://staging.example.com";
    message.commit = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";
    message.short_commit = "1a2b3c4d";
    message.commit_url = "https://gitlab.example.com/group/app/-/commit/1a2b3c4d";
    message.previous_short = "0f1e2d3c";
    message.compare_url = "https://gitlab.example.com/group/app/-/compare/0f1e2d3c...1a2b3c4d";
    message.actor = "Ann Example";
    message.run_url = "https://gitlab.example.com/group/app/-/pipelines/123";
    message.verdict = "healthy 3 times in a row";
    message.duration = std::chrono::milliseconds{185'400};
    message.changes = {{"1a2b3c4d", "Show the version in the footer", "Ann Example",
                        "https://gitlab.example.com/group/app/-/commit/1a2b3c4d"},
                       {"77aa88bb", "Fix the health check", "Bob Example", ""}};
    message.changes_total = 2;
    return message;
}

inline DeploymentMessage unhealthy_message() {
    DeploymentMessage message = verified_message();
    message.event = DeploymentEvent::unhealthy;
    message.verdict = "health: HTTP 503 from 10.0.0.7:443, 5 min 0 s without a healthy answer";
    message.rollback_command =
        "headway rollback staging --to 0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c";
    return message;
}

/// Everything that has meaning in Slack's markup, in every place that others can write to.
inline DeploymentMessage hostile_message() {
    const std::string hostile =
        "<!here> <!channel> @channel @here <@U123> *bold* _it_ ~no~ `code` ```pre``` "
        "<script>alert(1)</script> &amp; :x: > quote | pipe <https://evil.example|click>";
    DeploymentMessage message = unhealthy_message();
    message.environment = "st*g_`<!channel>`";
    message.environment_url = "https://staging.example.com/?a=1|2>3<4&b=\"`";
    message.commit_url = "javascript:alert(1)";
    message.actor = "@here " + hostile;
    message.run_url = "https://ci.example.com/run|1>2?x=<y>&z=1";
    message.verdict = hostile;
    message.text = hostile;
    message.rollback_command = "headway rollback 'st*g_`<!channel>`' --to 0f1e2d3c";
    message.changes = {{"1a2b3c4d", hostile, hostile, "https://x.example/a b"},
                       {"<!here>", "`unclosed", "*", "https://x.example/\n"}};
    return message;
}

inline DeploymentMessage languages_message() {
    DeploymentMessage message = verified_message();
    message.actor = "דנה לוי";
    message.changes = {
        {"1a2b3c4d", "🎉 Zwölf Boxkämpfer 👩‍👩‍👧‍👦 日本語", "Żółć", ""},
        {"22222222", "إصلاح فحص الصحة (v2)", "أحمد", ""}};
    return message;
}

inline DeploymentMessage long_message() {
    DeploymentMessage message = unhealthy_message();
    message.environment = repeated("ü", 5000);
    message.short_commit = repeated("1", 5000);
    message.actor = repeated("&", 5000);
    message.verdict = repeated("😀", 5000);
    message.text = repeated("<", 5000);
    message.run_url = "https://ci.example.com/" + repeated("r", 3000);
    message.rollback_command = repeated("x", 1001);
    message.changes.assign(12, {repeated("2", 5000), repeated("😀é", 5000), repeated("&", 5000),
                                "https://x.example/" + repeated("c", 1900)});
    message.changes_total = 12;
    return message;
}

inline DeploymentMessage many_changes_message() {
    DeploymentMessage message = verified_message();
    message.changes.clear();
    for (int number = 0; number < 300; ++number) {
        message.changes.push_back({"aaaa0000", "Change number " + std::to_string(number),
                                   "Ann Example", "https://gitlab.example.com/c"});
    }
    message.changes_total = 300;
    return message;
}

inline DeploymentMessage cut_list_message() {
    DeploymentMessage message = many_changes_message();
    message.event = DeploymentEvent::promoted;
    message.verdict.clear();
    message.changes_cut = true;
    return message;
}

inline DeploymentMessage note_message() {
    DeploymentMessage message;
    message.event = DeploymentEvent::note;
    message.environment = "production";
    message.text = "Maintenance from 22:00; @here see <https://wiki.example|the wiki> & *wait*";
    return message;
}

inline DeploymentMessage refused_message() {
    DeploymentMessage message = verified_message();
    message.event = DeploymentEvent::refused;
    message.verdict = "production is held since Friday by Bob Example: \"database migration\"";
    message.duration = std::chrono::milliseconds{0};
    message.changes.clear();
    message.changes_total = 0;
    return message;
}

inline DeploymentMessage rolled_back_message() {
    DeploymentMessage message = refused_message();
    message.event = DeploymentEvent::rolled_back;
    message.verdict = "healthy 3 times in a row";
    return message;
}

inline std::vector<std::pair<std::string, DeploymentMessage>> all_messages() {
    return {{"verified", verified_message()}, {"unhealthy", unhealthy_message()},
            {"hostile", hostile_message()},   {"languages", languages_message()},
            {"long", long_message()},         {"many_changes", many_changes_message()},
            {"cut_list", cut_list_message()}, {"note", note_message()},
            {"refused", refused_message()},   {"rolled_back", rolled_back_message()},
            {"empty", DeploymentMessage{}}};
}

}  // namespace headway::notify::test
