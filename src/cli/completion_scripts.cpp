#include "cli/completion.hpp"

namespace headway::cli {

namespace {

constexpr std::string_view k_bash =
    R"script(# bash completion of headway. For this shell: source <(headway completion bash)
# For all to come: headway completion bash >~/.local/share/bash-completion/completions/headway

_headway() {
    local word line current=${COMP_WORDS[COMP_CWORD]} glued=no files=no
    local -a words=()
    # Bash takes words apart at '=' and ':'; headway gets them whole.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ $word == [=:]* && ${#words[@]} -gt 0 ]]; then
            words[${#words[@]}-1]+=$word
            glued=yes
        elif [[ $glued == yes ]]; then
            words[${#words[@]}-1]+=$word
            glued=no
        else
            words+=("$word")
        fi
    done
    if [[ $current == [=:]* ]]; then current=; fi
    current=${current#[\'\"]}
    local typed=${words[${#words[@]}-1]#[\'\"]}
    words[${#words[@]}-1]=$typed
    local before=${typed%"$current"}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            files=yes
            continue
        fi
        word=${line%%$'\t'*}
        COMPREPLY+=("${word#"$before"}")
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
    if [[ $files == yes ]]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -f -- "$current")
    fi
}

complete -F _headway headway
)script";

constexpr std::string_view k_zsh = R"script(#compdef headway
# zsh completion of headway. For this shell: source <(headway completion zsh)
# For all to come: headway completion zsh >FOLDER/_headway, with a FOLDER of $fpath

_headway() {
    local line word files=no program=${${(Q)words[1]}/#\~/$HOME}
    local -a given candidates
    if (( CURRENT > 2 )); then
        given=("${(@Q)words[2,CURRENT-1]}")
    fi
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            files=yes
            continue
        fi
        word=${line%%$'\t'*}
        candidates+=("${word//:/\\:}:${line#*$'\t'}")
    done < <("$program" __complete "${given[@]}" "${(Q)PREFIX}" 2>/dev/null)
    if (( $#candidates )); then
        _describe headway candidates
    fi
    if [[ $files == yes ]]; then
        compset -P '--[^=]##='
        _files
    fi
}

if [[ $funcstack[1] == _headway ]]; then
    _headway "$@"
else
    compdef _headway headway
fi
)script";

constexpr std::string_view k_fish =
    R"script(# fish completion of headway. For this shell: headway completion fish | source
# For all to come: headway completion fish >~/.config/fish/completions/headway.fish

function __headway_complete
    set -l words (commandline -opc)
    set -l current (string replace -r '^[\'"]' '' -- (commandline -ct))
    set -l program (string replace -r '^~(?=/)' "$HOME" -- $words[1])
    set -e words[1]
    for line in ($program __complete $words "$current" 2>/dev/null)
        if test "$line" = ':files'
            set -l option (string match -r '^--[^=]*=' -- $current)
            for path in (__fish_complete_path (string replace -r '^--[^=]*=' '' -- $current))
                echo "$option$path"
            end
        else
            echo $line
        end
    end
end

complete -c headway -f -a '(__headway_complete)'
)script";

}  // namespace

std::optional<std::string_view> completion_script(std::string_view shell) {
    if (shell == "bash") {
        return k_bash;
    }
    if (shell == "zsh") {
        return k_zsh;
    }
    if (shell == "fish") {
        return k_fish;
    }
    return std::nullopt;
}

}  // namespace headway::cli
