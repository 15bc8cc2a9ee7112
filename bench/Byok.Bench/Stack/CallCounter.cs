using System.Reflection;

namespace Byok.Bench.Stack;

/// <summary>Passes every call of an interface on, and counts the calls.</summary>
internal class CallCounter : DispatchProxy
{
    private readonly int[] _calls = new int[1];
    private object _target = null!;

    public static (T Counted, Func<int> Calls) Around<T>(T target)
        where T : class
    {
        var counted = Create<T, CallCounter>();
        var counter = (CallCounter)(object)counted;
        counter._target = target;
        return (counted, () => counter._calls[0]);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Interlocked.Increment(ref _calls[0]);
        return targetMethod!.Invoke(_target, BindingFlags.DoNotWrapExceptions, null, args, null);
    }
}
