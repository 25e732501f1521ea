<powershell>
# Fetches the agent, by showing who this machine is, and has Windows keep it running.
$ErrorActionPreference = 'Stop'
$imds = 'http://169.254.169.254/latest'
$token = @{ 'X-aws-ec2-metadata-token' = (Invoke-RestMethod -Method Put "$imds/api/token" -Headers @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '300' }) }
function Identity($what) { (Invoke-WebRequest -UseBasicParsing -Headers $token "$imds/dynamic/instance-identity/$what").Content }
$document = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((Identity document)))
$proof = @{ document = $document; signature = ((Identity signature) -replace '\s', '') } | ConvertTo-Json -Compress
$folder = "$env:ProgramData\Shoal"
New-Item -ItemType Directory -Force $folder | Out-Null
for ($tries = 1; ; $tries++) {
  try {
    $url = (Invoke-WebRequest -UseBasicParsing -Method Post -Body $proof "@ACCOUNT_URL@/shoal/nodes/agent?platform=@PLATFORM@").Content
    Invoke-WebRequest -UseBasicParsing $url -OutFile "$folder\agent.tar.gz"
    break
  } catch {
    if ($tries -ge 30) { throw }
    Start-Sleep 2
  }
}
tar -xzf "$folder\agent.tar.gz" -C $folder
& "$folder\install.ps1" '@ACCOUNT_URL@'
</powershell>
