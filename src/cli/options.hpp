#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace headway::cli {

/// What `init` is told.
struct InitOptions {
    std::vector<std::string> environments;  ///< Each "NAME=BRANCH".
    std::vector<std::string> urls;          ///< Each "NAME=URL".
    std::string ci;                         ///< Empty: what the checkout shows.
    std::string health;
    std::string version_at;
    bool yes = false;
};

/// The command line as parsed, before any file or CI variable is looked at. `flags` are those
/// that name settings (their variables and the file are weighed by config::resolve); the rest
/// steers this one run.
struct Options {
    std::string command;  ///< "promote"
    config::Flags flags;

    std::string output = "text";
    bool quiet = false;
    int verbose = 0;
    std::string color = "auto";
    std::string timeout = "60s";
    std::vector<std::string> ca_files;

    std::vector<std::string> urls;  ///< Of `verify`.
    std::string junit;
    std::string dotenv;
    std::string annotations;

    std::string commit;
    bool dry_run = false;
    bool no_verify = false;
    bool release_hold = false;
    bool override_freeze = false;
    bool all = false;
    bool follow_up = false;
    std::string reason;
    std::string to;
    std::string steps;  ///< A number; empty: not given.
    std::string strategy = "auto";
    std::string event = "note";
    std::string text;
    bool check = false;
    std::string since;
    std::string limit;
    bool dora = false;
    bool send = false;
    InitOptions init;
    std::string shell;  ///< Of `completion`.
    bool schema = false;
    bool fetch = false;
};

}  // namespace headway::cli
