using ByokFunctions.Composition;

namespace ByokFunctions.Tests;

/// <summary>A test that needs a Functions host on this machine; where there is none, the reason stands beside it.</summary>
internal sealed class FunctionsHostFactAttribute : FactAttribute
{
    public FunctionsHostFactAttribute()
    {
        if (!KeyVaultClient.IsPresent)
        {
            Skip = "The app was built without the Key Vault client, and does not start.";
            return;
        }

        var isConfigured = Environment.GetEnvironmentVariable("BYOK_FUNC") is { Length: > 0 };
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        if (!isConfigured && !folders.Any(folder => File.Exists(Path.Combine(folder, "func"))))
        {
            Skip = "There is no Functions host here: 'func' is not on the PATH, and BYOK_FUNC is not set.";
        }
    }
}
