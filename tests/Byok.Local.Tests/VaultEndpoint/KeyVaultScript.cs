using System.Diagnostics;
using System.Text.Json;

namespace Byok.Local.Tests.VaultEndpoint;

/// <summary>Runs a script of tests/interop/keyvault: Microsoft's client for JavaScript, under Node.js.</summary>
internal static class KeyVaultScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly Lazy<string> Folder = new(Prepare);

    /// <summary>Runs it to its end, which must be good.</summary>
    /// <returns>The last JSON object that it printed.</returns>
    public static async Task<JsonElement> RunAsync(VaultEndpointFixture fixture, string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Folder.Value, script), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder.Value,
            Environment =
            {
                ["VAULT_URL"] = fixture.Address.GetLeftPart(UriPartial.Authority),
                ["VAULT_TOKEN"] = fixture.Endpoint.AccessToken,
                ["NODE_EXTRA_CA_CERTS"] = fixture.Options.CertificateFile,
                ["NODE_NO_WARNINGS"] = "1",
            },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"{script} does not end.");
        }

        Assert.True(process.ExitCode == 0, $"{script}\n{await output}{await errors}");
        return JsonDocument.Parse((await output).Trim().Split('\n')[^1]).RootElement;
    }

    private static string Prepare()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "tests", "interop", "keyvault", "package.json")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("tests/interop/keyvault is not above the test assembly.");
        }

        var scripts = Path.Combine(folder.FullName, "tests", "interop", "keyvault");
        if (!Directory.Exists(Path.Combine(scripts, "node_modules", "@azure", "keyvault-keys")))
        {
            using var install = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund"])
            {
                WorkingDirectory = scripts,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = install.StandardOutput.ReadToEndAsync();
            var errors = install.StandardError.ReadToEndAsync();
            install.WaitForExit();
            Assert.True(install.ExitCode == 0, $"npm ci failed in tests/interop/keyvault.\n{output.Result}{errors.Result}");
        }

        return scripts;
    }
}
