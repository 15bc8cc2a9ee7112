using System.Diagnostics;
using System.Globalization;
using System.Text;
using Byok.EndToEnd.Tests.Layering;

namespace Byok.EndToEnd.Tests.Scripts;

/// <summary><c>run.sh</c> from where and with what nobody expects, over a <c>byok</c> that only copies.</summary>
public sealed class RunScriptTests : IDisposable
{
    private const string Byok = """
        #!/usr/bin/env bash
        set -eu
        case "$1 ${2:-}" in
            "key list") echo '"name": "customer-key"' ;;
            "blob encrypt") mkdir -p "$BYOK_HOME" && cp -- "$3" "$BYOK_HOME/${4#--name=}" ;;
            "blob decrypt") cp -- "$BYOK_HOME/$6" "$4" ;;
        esac
        """;

    private const string Setup = """
        root=$PWD bold="" plain=""
        say() { echo "$*"; }
        build() { :; }
        """;

    private string _said = string.Empty;
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-run-script-").FullName;

    public RunScriptTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "repository", "scripts"));
        File.Copy(Path.Combine(ProjectFile.RepositoryRoot, "run.sh"), Path.Combine(_folder, "repository", "run.sh"));
        File.WriteAllText(Path.Combine(_folder, "repository", "scripts", "setup.sh"), Setup);
        var byok = Path.Combine(_folder, "repository", "byok");
        File.WriteAllText(byok, Byok);
        File.SetUnixFileMode(byok, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(_folder, "link.sh"), "repository/run.sh");
        Directory.CreateDirectory(Path.Combine(_folder, "elsewhere", "sub"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Run_ThroughALinkFromElsewhere_KeepsRelativePathsTheCallers()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "elsewhere", "a file"), "content");

        Assert.Equal(0, await RunAsync("'a file'"));

        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(_folder, "elsewhere", "home", "a file")));
    }

    [Theory]
    [InlineData("-dash", "-dash")]
    [InlineData("@at", "@at")]
    [InlineData("ends in a dot.", "ends in a dot_")]
    [InlineData("new\nline\n", "new_line_")]
    [InlineData("back\\slash", "back_slash")]
    [InlineData("größe – 日本", "größe – 日本")]
    public async Task Run_NameThatNeedsCare_ComesBack(string file, string blob)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "elsewhere", file), "content");

        Assert.Equal(0, await RunAsync("*"));

        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(_folder, "elsewhere", "home", blob)));
    }

    [Fact]
    public async Task Run_NameThatIsNoText_ComesBack()
    {
        Assert.Equal(0, await RunAsync("*", before: "trap 'rm -f caf*' EXIT; printf content > $'caf\\xe9'")); // .NET could not delete it

        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(_folder, "elsewhere", "home", "caf")));
    }

    [Theory]
    [InlineData("\u001B]0;title\u0007")]
    [InlineData("\u009B31m")]
    [InlineData("\u009D0;title")]
    [InlineData("a\u2028b\u2029")]
    [InlineData("\u202Egpj.exe\u2066")]
    [InlineData("\u061Cmark\u200E")]
    [InlineData("zero\u200Bwidth\u2060\u00AD\uFEFF")]
    [InlineData("new\nline")]
    public async Task Run_NameThatWouldActOnTheTerminal_IsWrittenOut(string name)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "elsewhere", name), "content");

        Assert.Equal(0, await RunAsync("*"));
        Assert.Contains("$'", _said, StringComparison.Ordinal);
        Assert.Equal(1, await RunAsync($"'{name}-gone'"));
        Assert.Contains("is not a file that can be read", _said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TwoFilesOfOneName_KeepsBoth()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "elsewhere", "f"), "one");
        await File.WriteAllTextAsync(Path.Combine(_folder, "elsewhere", "sub", "f"), "two");

        Assert.Equal(0, await RunAsync("f sub/f"));

        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(_folder, "elsewhere", "home", "f")));
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(_folder, "elsewhere", "home", "f.2")));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("sub")]
    public async Task Run_WhatIsNoFile_IsRefusedBeforeAnyWork(string file)
    {
        Assert.Equal(1, await RunAsync(file));

        Assert.False(Directory.Exists(Path.Combine(_folder, "elsewhere", "home")));
    }

    /// <summary>Runs the link from the other folder, with a relative state folder; <c>*</c> stands for all files there.</summary>
    private async Task<int> RunAsync(string arguments, string before = ":")
    {
        var files = arguments == "*" ? "\"${files[@]}\"" : arguments;
        var script = $"{before}; shopt -s nullglob; files=(); for f in *; do [ -f \"$f\" ] && files+=(\"$f\"); done; CDPATH=/ BYOK_HOME=home ../link.sh {files}";
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = Path.Combine(_folder, "elsewhere"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        _said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        _said += await error;
        Assert.True(process.ExitCode is 0 or 1, _said);
        Assert.DoesNotContain(_said, c => c != '\n' && char.GetUnicodeCategory(c)
            is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
        return process.ExitCode;
    }
}
