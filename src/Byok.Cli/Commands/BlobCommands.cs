using System.CommandLine;

namespace Byok.Cli.Commands;

/// <summary><c>byok blob ...</c>.</summary>
internal static class BlobCommands
{
    public static Command Create() => new("blob", "Protect, read and examine blobs.")
    {
        BlobEncryptCommand.Create(),
        BlobDecryptCommand.Create(),
        BlobInspectCommand.Create(),
        BlobVerifyCommand.Create(),
        BlobListCommand.Create(),
    };

    public static Argument<string> BlobName() => new("NAME") { Description = "The blob's name." };

    public static Option<bool> AllowRenamed() => new("--allow-renamed")
    {
        Description = "Accept a blob that was copied on purpose to another name than it was encrypted for.",
    };
}
