/**
 * Program that runs one container in a slot. It is written in Python, which Amazon Linux always has and which reads
 * JSON.
 *
 *   plan <release.json> <slot> <folder>   writes the slot's part of a release, one file per value; prints its name
 *   check <folder>                        checks that the secrets can be read
 *   await <folder>                        waits for a healthy instance; exits with 1 when time is up
 *   supervise <folder>                    main process of aiwm-instance.service
 *   count <folder>                        reports the instance's connections to CloudWatch
 */
export const INSTANCE_PROGRAM = String.raw`
import hashlib, http.client, json, os, re, signal, subprocess, sys, time

NAME = 'aiwm-instance'


def say(text):
    print('aiwm: ' + text, flush=True)


def fail(text):
    print('aiwm: ' + text, file=sys.stderr, flush=True)
    sys.exit(1)


def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def plan(source, slot, folder):
    with open(source) as file:
        release = json.load(file)
    index = int(slot) - 1
    if not 0 <= index < len(release['port']):
        fail('the release is for %d slots, and this host is slot %s.' % (len(release['port']), slot))
    process = {
        'image': release['image'],
        'port': release['port'][index],
        'environment': release['environment'][index],
        'secrets': release['secrets'],
        'secretsVersion': release.get('secretsVersion'),
        'memory': release.get('memory'),
        'cpus': release.get('cpus'),
        'logGroup': release['logGroup'],
        'region': release['region'],
        'slot': int(slot),
    }
    supervision = {
        'health': release['health'],
        'stopGraceSeconds': release['stopGraceSeconds'],
        'metric': release['metric'],
    }
    os.makedirs(folder)
    for name, text in {
        'view.json': json.dumps(dict(process, **supervision)),
        'process': digest(process),
        'image': release['image'],
        'grace': str(release['stopGraceSeconds']),
    }.items():
        with open(os.path.join(folder, name), 'w') as file:
            file.write(text)
    print(digest([process, supervision]))


def read(folder):
    with open(os.path.join(folder, 'view.json')) as file:
        return json.load(file)


def ask(view):
    """Whether the instance answers 2xx."""
    health = view['health']
    connection = http.client.HTTPConnection('127.0.0.1', view['port'], timeout=health['timeoutMs'] / 1000)
    try:
        connection.request('GET', health['path'])
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait(folder):
    view = read(folder)
    deadline = time.monotonic() + view['health']['startTimeoutMs'] / 1000
    while not ask(view):
        if time.monotonic() > deadline:
            sys.exit(1)
        time.sleep(0.25)


def secret_of(arn, region):
    command = ['aws', 'secretsmanager', 'get-secret-value', '--region', region, '--secret-id', arn, '--output', 'json']
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if answer.returncode != 0:
        fail('the secret %s cannot be read: %s' % (arn, answer.stderr.strip().split('\n')[-1]))
    try:
        return json.loads(answer.stdout)['SecretString']
    except (KeyError, TypeError, ValueError):
        fail('the secret %s holds no text.' % arn)


def check(folder):
    view = read(folder)
    for arn in view['secrets'].values():
        secret_of(arn, view['region'])


def start(folder, view):
    """Values go to Docker by standard input: no list of processes shows them, and no file holds them."""
    values = dict(view['environment'])
    for name, arn in view['secrets'].items():
        values[name] = secret_of(arn, view['region'])
    # A file of variables ends a value at the end of a line, so what has several goes another way.
    many = {name: value for name, value in values.items() if re.search('[\r\n]', value)}
    with open(os.path.join(folder, 'image-id')) as file:
        image = file.read()
    command = ['docker', 'run', '--detach', '--rm', '--name', NAME, '--pull', 'never', '--init', '--read-only']
    command += ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
    command += ['--tmpfs', '/tmp:rw,nosuid,nodev,size=67108864,mode=1777', '--ulimit', 'nofile=65536:65536']
    command += ['--publish', '%d:%d' % (view['port'], view['port'])]
    command += ['--log-driver', 'awslogs', '--log-opt', 'awslogs-region=' + view['region']]
    command += ['--log-opt', 'awslogs-group=' + view['logGroup'], '--log-opt', 'awslogs-stream=slot-%d' % view['slot']]
    command += ['--log-opt', 'mode=non-blocking', '--log-opt', 'max-buffer-size=4m']
    if view['memory']:
        command += ['--memory', view['memory']]
    if view['cpus']:
        command += ['--cpus', str(view['cpus'])]
    for name in sorted(many):
        command += ['--env', name]
    command += ['--env-file', '/dev/stdin', image]
    lines = ''.join('%s=%s\n' % item for item in values.items() if item[0] not in many)
    subprocess.run(['docker', 'rm', '--force', NAME], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answer = subprocess.run(
        command, input=lines, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=dict(os.environ, **many)
    )
    if answer.returncode != 0:
        fail('docker run: ' + answer.stderr.strip().split('\n')[0])


def supervise(folder):
    # The folder is named by a link, which may show to the next release by the time it is read again.
    view = read(folder)
    stopping = []

    def stop(*_):
        stopping.append(True)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    start(folder, view)
    container = subprocess.Popen(['docker', 'wait', NAME], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    begun = time.monotonic()
    looked = 0
    was_well = False
    failures = 0
    while container.poll() is None:
        if stopping:
            grace = str(read(folder)['stopGraceSeconds'])
            subprocess.run(['docker', 'stop', '-t', grace, NAME], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            container.wait()
            say('the instance was stopped')
            return
        interval = view['health']['intervalMs'] / 1000
        if time.monotonic() - looked >= (interval if was_well else min(interval, 0.5)):
            looked = time.monotonic()
            # A new release may change how it is looked after, and nothing else.
            view = dict(view, health=read(folder)['health'])
            if ask(view):
                was_well, failures = True, 0
            elif was_well:
                failures += 1
                say('no good answer from the instance (%d of %d)' % (failures, view['health']['failures']))
            late = not was_well and time.monotonic() - begun > view['health']['startTimeoutMs'] / 1000
            if late or failures >= view['health']['failures']:
                say('the instance did not get well in time' if late else 'the instance hangs')
                subprocess.run(['docker', 'kill', NAME], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                container.wait()
                sys.exit(1)
        time.sleep(0.1)
    fail('the instance ended with status %s' % (container.stdout.read().strip() or 'unknown'))


def connections(port):
    """Those that are open to the instance, in the network of its container."""
    answer = subprocess.run(['docker', 'inspect', NAME], capture_output=True, text=True)
    pid = json.loads(answer.stdout)[0]['State']['Pid'] if answer.returncode == 0 else 0
    # A container can be without IPv6.
    tables = [name for name in ('/proc/%d/net/tcp' % pid, '/proc/%d/net/tcp6' % pid) if os.path.exists(name)]
    if not tables:
        fail('there is no instance whose connections could be counted')
    found = 0
    for table in tables:
        with open(table) as file:
            for line in file:
                here, _, state = line.split()[1:4]
                found += state == '01' and here.endswith(':%04X' % port)
    return found


def count(folder):
    view = read(folder)
    # Those that nginx keeps for its next requests are among them: 64 for each of its workers, for 4 s, over all slots.
    found = connections(view['port'])
    # After it has been counted, or this question would be.
    if not ask(view):
        fail('the instance is not well: CloudWatch is told nothing, which is an alarm of its own')
    cluster = {'Name': 'Cluster', 'Value': view['metric']['cluster']}
    slot = {'Name': 'Slot', 'Value': str(view['slot'])}
    data = [
        {'MetricName': 'SlotConnections', 'Dimensions': dimensions, 'Unit': 'Count', 'Value': found}
        for dimensions in ([cluster], [cluster, slot])
    ]
    command = ['aws', 'cloudwatch', 'put-metric-data', '--region', view['region']]
    command += ['--namespace', view['metric']['namespace'], '--metric-data', json.dumps(data)]
    sys.exit(subprocess.run(command, stdin=subprocess.DEVNULL).returncode)


verb, arguments = sys.argv[1], sys.argv[2:]
if verb == 'plan':
    plan(*arguments)
elif verb == 'await':
    wait(*arguments)
elif verb == 'check':
    check(*arguments)
elif verb == 'count':
    count(*arguments)
else:
    supervise(*arguments)
`;
