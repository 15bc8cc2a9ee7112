using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Byok.Local.Relay;

namespace Byok.Local.Tests.Relay;

/// <summary>A script of tests/interop/relay, running under Node.js. Each line that it prints is a JSON object.</summary>
internal sealed class NodeScript : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly Lazy<string> Folder = new(Prepare);

    private readonly Process _process;
    private readonly ConcurrentQueue<JsonElement> _lines = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private NodeScript(Process process) => _process = process;

    public IReadOnlyList<JsonElement> Lines => [.. _lines];

    public static NodeScript Start(string script, Uri relay, string path, RelayAccessKey key, string? certificateFile = null)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Folder.Value, script)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder.Value,
            Environment =
            {
                ["RELAY_ADDRESS"] = relay.AbsoluteUri,
                ["RELAY_PATH"] = path,
                ["RELAY_KEY_NAME"] = key.Name,
                ["RELAY_KEY"] = key.Key,
                ["NODE_EXTRA_CA_CERTS"] = certificateFile,
                ["NODE_NO_WARNINGS"] = "1",
            },
        };
        var process = Process.Start(start)!;
        var running = new NodeScript(process);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text)
            {
                running._lines.Enqueue(JsonDocument.Parse(text).RootElement);
            }
        };
        process.ErrorDataReceived += (_, line) => running._errors.Enqueue(line.Data ?? string.Empty);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Waits until the script has printed an object with this property.</summary>
    public async Task<JsonElement> ExpectAsync(string property)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            var found = _lines.FirstOrDefault(line => line.TryGetProperty(property, out _));
            if (found.ValueKind == JsonValueKind.Object)
            {
                return found;
            }

            Assert.False(_process.HasExited || deadline.IsCancellationRequested, $"No '{property}'.\n{Output}");
            await Task.Delay(50, CancellationToken.None);
        }
    }

    /// <summary>Waits until the script has ended well.</summary>
    public async Task<IReadOnlyList<JsonElement>> CompleteAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The script does not end.\n{Output}");
        }

        Assert.True(_process.ExitCode == 0, Output);
        return Lines;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private string Output => string.Join('\n', _lines.Select(line => line.ToString()).Concat(_errors));

    private static string Prepare()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "tests", "interop", "relay", "package.json")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("tests/interop/relay is not above the test assembly.");
        }

        var scripts = Path.Combine(folder.FullName, "tests", "interop", "relay");
        if (!Directory.Exists(Path.Combine(scripts, "node_modules", "hyco-ws")))
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
            Assert.True(install.ExitCode == 0, $"npm ci failed in tests/interop/relay.\n{output.Result}{errors.Result}");
        }

        return scripts;
    }
}
