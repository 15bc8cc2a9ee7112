using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Byok.Core.Errors;

namespace Byok.Agent.Configuration;

/// <summary>Collects what is wrong with the settings, so that all of it is said at once.</summary>
internal sealed class SettingsFaults
{
    private readonly List<string> _all = [];

    public IReadOnlyList<string> All => _all;

    public void Add(string member, string fault) => _all.Add($"{member}: {fault}");

    public bool Require([NotNullWhen(true)] object? value, string member, string meaning)
    {
        if (value is not null and not "")
        {
            return true;
        }

        Add(member, $"is missing; it is {meaning}.");
        return false;
    }

    public int Number(int? value, string member, int byDefault, int least, int most)
    {
        var number = value ?? byDefault;
        if (number < least || number > most)
        {
            Add(member, string.Create(CultureInfo.InvariantCulture, $"is {number}; it must be {least} to {most}."));
        }

        return number;
    }

    /// <summary>Names the members of a section that the contract does not know.</summary>
    public void Unknown(AgentFileSection? section, string prefix)
    {
        foreach (var name in section?.Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            Add(prefix + name, "is not a setting; check its spelling.");
        }
    }

    /// <summary>Runs what throws <see cref="ConfigurationException"/>, and collects that.</summary>
    public T? Try<T>(string member, Func<T> make)
        where T : class
    {
        try
        {
            return make();
        }
        catch (ConfigurationException exception)
        {
            Add(member, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Its message would show the path, which may be the secret that belongs into the file.
            Add(member, exception is FileNotFoundException or DirectoryNotFoundException ? "there is no file of that path." : $"the file cannot be read ({exception.GetType().Name}).");
        }

        return null;
    }
}
