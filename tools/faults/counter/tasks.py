"""MicroPython's `_asyncio` as Python: the built-in one takes the time from the PC's clock.

It does what extmod/modasyncio.c does, with a list in the heap's place: tasks that are due at the
same time run in the order in which they came.
"""

core = None
"""asyncio.core, once it is loaded."""
_WRAP = 0x3FFFFFFF
_HALF = 0x20000000


class TaskQueue:
    """Tasks by the time at which they are due."""

    def __init__(self):
        self._tasks = []

    def peek(self):
        """The next one, or None."""
        return self._tasks[0] if self._tasks else None

    def push(self, task, key=None):
        """Have a task run at `key`, or now."""
        task.data = None
        due = task.ph_key = core.ticks() if key is None else key
        tasks = self._tasks
        at = len(tasks)
        while at and 0 < ((tasks[at - 1].ph_key - due) & _WRAP) < _HALF:
            at -= 1
        tasks.insert(at, task)

    def pop(self):
        """Take the next one."""
        return self._tasks.pop(0)

    def remove(self, task):
        """Take one out."""
        self._tasks.remove(task)


class Task:
    """A coroutine that the loop runs; `state` as in modasyncio.c: True while it runs and nobody
    waits for it, a TaskQueue of those who do, None or False once it has ended."""

    def __init__(self, coro, globals=None):  # noqa: A002, ARG002  (as it is called there)
        self.coro = coro
        self.data = None
        self.state = True
        self.ph_key = 0

    def __iter__(self):
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif type(self.state) is not TaskQueue:
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if self.state:
            self.state.push(core.cur_task)
            core.cur_task.data = self
            return
        if self.data is None:
            raise StopIteration
        raise self.data

    def done(self):
        """Whether it has ended."""
        return not self.state

    def cancel(self):
        """Have it end by a CancelledError; False if it has ended."""
        if not self.state:
            return False
        if self is core.cur_task:
            raise RuntimeError("can't cancel self")
        task = self
        while isinstance(task.data, Task):
            task = task.data
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            core._task_queue.push(task)
        elif core.ticks_diff(task.ph_key, core.ticks()) > 0:
            core._task_queue.remove(task)
            core._task_queue.push(task)
        task.data = core.CancelledError
        return True


class IoQueue:
    """Tasks that wait for a stream. While there is nothing to do the agenda goes on."""

    def __init__(self, agenda, look):
        """look(milliseconds) is called before so much time is let pass, and each time something has
        happened outside, with -1; True if no time may pass."""
        self._agenda = agenda
        self._look = look
        self.map = []

    def queue_read(self, stream):
        """Have the present task wait till there is something to read."""
        self._wait(stream, 1)

    def queue_write(self, stream):
        """Have it wait till something can be written."""
        self._wait(stream, 4)

    def _wait(self, stream, flag):
        if stream.ioctl(3, flag):
            core._task_queue.push(core.cur_task)
        else:
            self.map.append((stream, flag, core.cur_task))
            core.cur_task.data = self

    def remove(self, task):
        """It waits no more."""
        self.map = [entry for entry in self.map if entry[2] is not task]

    def wait_io_event(self, milliseconds):
        """Let the time pass till a stream is ready, at most so long; -1: for ever."""
        if self._look(milliseconds):
            return
        agenda = self._agenda
        until = agenda.now + (milliseconds * 1000 if milliseconds >= 0 else 1 << 50)
        while agenda.step(until):
            self._look(-1)
            if self._wake():
                return

    def _wake(self):
        woken = False
        for entry in self.map:
            if entry[0].ioctl(3, entry[1]):
                self.map.remove(entry)
                core._task_queue.push(entry[2])
                woken = True
        return woken
