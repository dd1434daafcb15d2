# Runs SIMS reports with CommandReporter and sends them, zipped, over HTTPS. Run it every night by Task Scheduler.
# The token is read from a file that only the task's user may read; it was shown once in the portal.
$Reports   = "Hub pupils", "Hub classes", "Hub staff"          # the reports' names in SIMS
$Reporter  = "C:\Program Files (x86)\SIMS\SIMS .net\CommandReporter.exe"
$TokenFile = "C:\AdminHub\token.txt"
$Address   = "{{ drop_url }}"

$ErrorActionPreference = "Stop"
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
$Folder = Join-Path $env:TEMP ("export-" + [Guid]::NewGuid())
New-Item -ItemType Directory $Folder | Out-Null
try {
    foreach ($Report in $Reports) {
        $File = Join-Path $Folder ($Report + ".xml")
        & $Reporter /TRUSTED "/REPORT:$Report" "/OUTPUT:$File" /QUIET
        if ($LASTEXITCODE -ne 0 -or -not (Test-Path $File)) { throw "CommandReporter could not run '$Report'." }
    }
    $Zip = "$Folder.zip"
    Compress-Archive -Path "$Folder\*" -DestinationPath $Zip -Force
    $Headers = @{ Authorization = "Bearer " + (Get-Content $TokenFile -Raw).Trim() }
    $Answer = Invoke-RestMethod -Method Post -Uri "${Address}?name=sims.zip" -Headers $Headers -InFile $Zip -ContentType "application/zip" -TimeoutSec 600
    Write-Output $Answer.message
} catch {
    Write-Output "Not sent: $_"
    exit 1
} finally {
    Remove-Item $Folder, "$Folder.zip" -Recurse -Force -ErrorAction SilentlyContinue
}
