# Completion of portmoor for bash, from 3.2 on. In ~/.bashrc:
#   source <(portmoor completion bash)
# In bash 3.2, which macOS has:
#   eval "$(portmoor completion bash)"
_portmoor() {
  # COMP_WORDS has "--format=json" and "web:80" in three words each: what has no space
  # between is one word. The last one ends at the cursor.
  local line="${COMP_LINE:0:COMP_POINT}" i piece
  local -a typed
  typed=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece="${COMP_WORDS[i]}"
    if ((i == 0)) || [[ "$line" == [[:space:]]* || -z "$line" ]]; then
      line="${line#"${line%%[![:space:]]*}"}"
      typed[${#typed[@]}]=""
    fi
    ((i == COMP_CWORD)) && piece="$line"
    typed[${#typed[@]} - 1]+="$piece"
    line="${line#"$piece"}"
  done
  # A word that is quoted is given without its quotes.
  for ((i = 1; i < ${#typed[@]}; i++)); do
    case "${typed[i]}" in
      \'*\' | \"*\") typed[i]="${typed[i]:1:${#typed[i]}-2}" ;;
      \'* | \"*) typed[i]="${typed[i]:1}" ;;
    esac
    typed[i]="${typed[i]//\\ / }"
  done
  local cur="${typed[${#typed[@]} - 1]}" answer strip=""
  # What is replaced begins behind the last character that breaks words.
  [[ "$COMP_WORDBREAKS" == *:* && "$cur" == *:* ]] && strip="${cur%"${cur##*:}"}"
  [[ "$COMP_WORDBREAKS" == *=* && "$cur" == -*=* && -z "$strip" ]] && strip="${cur%%=*}="
  COMPREPLY=()
  while IFS= read -r answer; do
    case "$answer" in
      :files)
        compopt -o filenames 2>/dev/null
        [[ "$cur" == -*=* ]] && cur="${cur#*=}"
        while IFS= read -r answer; do COMPREPLY[${#COMPREPLY[@]}]="$answer"; done < <(compgen -f -- "$cur")
        ;;
      :programs)
        while IFS= read -r answer; do COMPREPLY[${#COMPREPLY[@]}]="$answer"; done < <(compgen -c -- "$cur")
        ;;
      *)
        answer="${answer%%$'\t'*}"
        COMPREPLY[${#COMPREPLY[@]}]="${answer#"$strip"}"
        ;;
    esac
  done < <(command portmoor completion bash --word="$cur" -- "${typed[@]:1:${#typed[@]}-2}" 2>/dev/null)
}
complete -F _portmoor portmoor
