#compdef portmoor
# Completion of portmoor for zsh. In ~/.zshrc, behind compinit:
#   source <(portmoor completion zsh)
_portmoor() {
  local line
  local -a words_before candidates
  words_before=("${(@Q)words[2,CURRENT-1]}")
  for line in "${(@f)$(command portmoor completion zsh --word="${(Q)PREFIX}" -- "${(@)words_before}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files)
        compset -P '-*='
        _files
        ;;
      :programs) _command_names -e ;;
      *$'\t'*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
      *) candidates+=("${line//:/\\:}") ;;
    esac
  done
  ((${#candidates})) && _describe -t portmoor portmoor candidates -o nosort
  return 0
}
if [[ ${funcstack[1]} == _portmoor ]]; then
  _portmoor "$@" # as a file in $fpath
else
  compdef _portmoor portmoor
fi
