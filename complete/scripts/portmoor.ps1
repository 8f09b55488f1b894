# Completion of portmoor for PowerShell, from 5.1 on. In $PROFILE:
#   portmoor completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'portmoor', 'portmoor.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
        })
    # Nothing is given an empty argument, which Windows PowerShell would drop.
    & portmoor completion powershell "--word=$wordToComplete" -- @typed 2>$null | ForEach-Object {
        $word, $about = $_ -split "`t", 2
        # What begins with a colon is for PowerShell to find, which it does where nothing is returned.
        if ($word -and -not $word.StartsWith(':')) {
            if (-not $about) { $about = $word }
            [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
        }
    }
}
