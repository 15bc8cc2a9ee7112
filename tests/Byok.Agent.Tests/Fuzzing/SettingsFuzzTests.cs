using Byok.Agent.Configuration;
using Byok.Core.Errors;
using Byok.Testing.Core.Fuzzing;

namespace Byok.Agent.Tests.Fuzzing;

/// <summary>The agent's settings file: read, or refused with what is wrong in it.</summary>
public sealed class SettingsFuzzTests
{
    [Fact]
    public void Settings_Mutated_AreReadOrRefused() => Run(Fuzzer.FewInputs);

    [Trait("Category", "Long")]
    [Fact]
    public void Settings_MutatedManyTimes_AreReadOrRefused() => Run(Fuzzer.ManyInputs / 10);

    private static void Run(int inputs)
    {
        using var folder = new AgentFolder();
        folder.WriteSettings();
        Fuzzer.Run(
            "agent-settings", inputs,
            input =>
            {
                File.WriteAllBytes(folder.SettingsFile, input);
                AgentSettingsReader.Read(folder.SettingsFile);
            },
            exception => exception is ConfigurationException);
    }
}
