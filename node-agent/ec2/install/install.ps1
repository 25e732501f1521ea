# Makes the agent beside this file a task of Windows that is kept running: install.ps1 ACCOUNT_URL
param([Parameter(Mandatory)] [string] $AccountUrl)
$ErrorActionPreference = 'Stop'
$data = "$env:ProgramData\ShoalNode"
New-Item -ItemType Directory -Force "$data\node" | Out-Null
$settings = @{ accountUrl = $AccountUrl; root = "$data\node"; logFile = "$data\agent.log" } | ConvertTo-Json
[IO.File]::WriteAllText("$PSScriptRoot\settings.json", $settings)
# The agent and its settings are the system's and the administrators' alone.
icacls $PSScriptRoot /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
$flags = '--max-semi-space-size=1 --lite-mode --no-expose-wasm --single-threaded --max-old-space-size=64'
$command = "`"$PSScriptRoot\node.exe`" $flags `"$PSScriptRoot\agent.cjs`" `"$PSScriptRoot\settings.json`" 2>> `"$data\agent.log`""
# Started again for ever: the loop ends with the machine.
Set-Content "$PSScriptRoot\keep.cmd" "@echo off`r`n:again`r`n$command`r`ntimeout /t 5 /nobreak >nul`r`ngoto again`r`n"
$action = New-ScheduledTaskAction -Execute "$PSScriptRoot\keep.cmd"
$always = New-ScheduledTaskSettingsSet -ExecutionTimeLimit 0 -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1)
Register-ScheduledTask -TaskName 'Shoal agent' -Action $action -Trigger (New-ScheduledTaskTrigger -AtStartup) -User 'SYSTEM' -RunLevel Highest -Settings $always -Force | Out-Null
Start-ScheduledTask -TaskName 'Shoal agent'
