namespace Byok.Testing.CommandLine;

/// <summary>
/// A stack that is down and holds one key, made once in a test run: tests that need a stack with a key go on from a copy of it, for the tokens and the keys of
/// every new one cost ten seconds of computing. A stack is its folder; nothing in it says where it was made once it is up elsewhere.
/// </summary>
public static class StackTemplate
{
    public const string Key = "customer-key";

    private static readonly Lazy<Task<ByokHome>> Made = new(MakeAsync);

    public static async Task CopyToAsync(ByokHome byok) => ByokHome.CopyFolder((await Made.Value).Home, byok.Home);

    private static async Task<ByokHome> MakeAsync()
    {
        var byok = new ByokHome();
        try
        {
            await byok.SucceedAsync("up");
            await byok.SucceedAsync("key", "bring", Key, "--size", "2048");
            await byok.SucceedAsync("down");
        }
        catch
        {
            await byok.DisposeAsync();
            throw;
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => byok.Delete();
        return byok;
    }
}
