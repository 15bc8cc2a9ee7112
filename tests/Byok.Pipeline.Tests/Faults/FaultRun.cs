using Byok.Core.Errors;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>Runs a scenario that may fail, and again when it did.</summary>
internal static class FaultRun
{
    public static async Task<Exception?> TryAsync(Scenario scenario, FaultScene scene, int run)
    {
        try
        {
            await scenario.RunAsync(scene, run);
            return null;
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            return exception;
        }
    }

    /// <summary>The failure must be a clear one; with the fault gone the operation ends right, or says that it did before.</summary>
    public static async Task RepeatAsync(Scenario scenario, FaultScene scene, Exception failure)
    {
        Assert.IsAssignableFrom<ByokException>(failure);
        Assert.IsNotType<UnexpectedFailureException>(failure);
        scene.IsRepeated = true;
        scene.Stack.Time.Advance(TimeSpan.FromMinutes(5));
        var repeated = await TryAsync(scenario, scene, 1);
        Assert.True(repeated is null or ConflictException, $"Repeated without faults it failed: {repeated}\nthe first time: {failure}");
    }
}
