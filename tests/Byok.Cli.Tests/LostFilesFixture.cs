using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>
/// A stack that asks for two approvals and holds two keys and a blob, taken down, and its backup. Each test begins with the backup put back.
/// </summary>
public sealed class LostFilesFixture : IAsyncLifetime
{
    public const string DefaultKey = StackTemplate.Key;

    public ByokHome Byok { get; } = new();

    public string Backup => Byok.ScratchFile("backup");

    /// <summary>What is in the blob 'b'.</summary>
    public string File { get; private set; } = string.Empty;

    public string HsmSerialNumber { get; private set; } = string.Empty;

    public string VaultSerialNumber { get; private set; } = string.Empty;

    public async Task InitializeAsync()
    {
        await StackTemplate.CopyToAsync(Byok);
        await Byok.SucceedAsync("up");
        await Byok.SucceedAsync("key", "bring", "second", "--size", "2048");
        File = Byok.CreateFile("file.bin", 5000);
        await Byok.SucceedAsync("blob", "encrypt", File, "--name", "b");
        await Byok.SucceedAsync("up", "--require-approvals", "2");
        await Byok.SucceedAsync("down");
        HsmSerialNumber = SerialNumber("hsm");
        VaultSerialNumber = SerialNumber("vault");
        ByokHome.CopyFolder(Byok.Home, Backup);
    }

    public async Task DisposeAsync() => await Byok.DisposeAsync();

    public string Place(params string[] names) => Path.Combine([Byok.Home, .. names]);

    /// <summary>Takes the stack down and puts all of it back.</summary>
    public async Task RestoreAsync()
    {
        await Byok.RunAsync("down");
        Directory.Delete(Byok.Home, recursive: true);
        ByokHome.CopyFolder(Backup, Byok.Home);
    }

    /// <summary>Copies what the backup has over what is there, as one does by hand.</summary>
    public void RestoreOver(params string[] names) =>
        ByokHome.CopyFolder(Path.Combine([Backup, .. names]), Place(names[..^1]));

    /// <summary>The folder of the one SoftHSM token.</summary>
    public string TokenFolder(string token) => Directory.GetDirectories(Place("tokens", token, "objects")).Single();

    /// <summary>SoftHSM names the folder by a UUID that ends with it.</summary>
    private string SerialNumber(string token) => Path.GetFileName(TokenFolder(token)).Replace("-", string.Empty, StringComparison.Ordinal)[^16..];
}
