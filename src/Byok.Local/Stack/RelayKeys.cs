using System.Security.Cryptography;
using Byok.Local.Relay;

namespace Byok.Local.Stack;

/// <summary>The dev relay's two access keys: the agent may listen, the pipeline may send, neither may do the other's.</summary>
public static class RelayKeys
{
    public const string HybridConnection = "byok-hsm";
    public const string ListenName = "listen";
    public const string SendName = "send";

    /// <summary>Makes the key files (mode 0600) that are missing.</summary>
    public static void Ensure(StackPaths paths)
    {
        Directory.CreateDirectory(paths.RelayKeys);
        foreach (var name in new[] { ListenName, SendName })
        {
            if (!File.Exists(FileOf(paths, name)))
            {
                SecretFile.Write(FileOf(paths, name), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            }
        }
    }

    public static string FileOf(StackPaths paths, string name) => Path.Combine(paths.RelayKeys, $"{name}.key");

    public static string Read(StackPaths paths, string name) => File.ReadAllText(FileOf(paths, name)).Trim();

    public static IReadOnlyList<RelayAccessKey> ReadAll(StackPaths paths) =>
    [
        new(ListenName, Read(paths, ListenName), RelayRights.Listen),
        new(SendName, Read(paths, SendName), RelayRights.Send),
    ];
}
