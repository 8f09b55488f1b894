# Completion of portmoor for fish. In ~/.config/fish/config.fish:
#   portmoor completion fish | source
function __portmoor_complete
    set -l typed (commandline -opc)
    set -l word (string unescape -- (commandline -ct); or string trim -l -c '\'"' -- (commandline -ct))
    set -e typed[1]
    for line in (command portmoor completion fish --word="$word" -- $typed 2>/dev/null)
        switch $line
            case :files
                set -l flag (string match -r -- '^-[^=]*=' "$word"; or echo)
                for path in (__fish_complete_path (string replace -r -- '^-[^=]*=' '' "$word"))
                    echo -- $flag$path
                end
            case :programs
                __fish_complete_command
            case '*'
                echo -- $line
        end
    end
end
complete -c portmoor -f -k -a '(__portmoor_complete)'
